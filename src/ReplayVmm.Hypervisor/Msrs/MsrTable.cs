using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>
/// The model-specific registers of this machine: one row each (SDM volume 4, chapter 2). An MSR without a row does not exist: reading or
/// writing
/// it is #GP(0). The local APIC's registers (see <see cref="MonitorMsr.IsLocalApic"/>) are the device's.
/// </summary>
// SAFETY: see MsrRow.
public static unsafe class MsrTable
{
    private const int LowCount = 0xDA1, HighBase = unchecked((int)0xC000_0080), HighCount = 0x90;
    private static readonly List<MsrRow> All = [];
    private static readonly MsrRow?[] Low = new MsrRow?[LowCount];
    private static readonly MsrRow?[] High = new MsrRow?[HighCount];
    private static int slots;

    static MsrTable()
    {
        // index, name, power-on value, needed feature, read rule, write rule
        Constant(0x00, "IA32_P5_MC_ADDR", 0);
        Constant(0x01, "IA32_P5_MC_TYPE", 0);
        Derived(0x10, "IA32_TIME_STAMP_COUNTER", CpuFeature.Tsc, &MsrRules.ReadTimeStamp, &MsrRules.Any);
        Constant(0x17, "IA32_PLATFORM_ID", 0);
        ApicBaseSlot = Kept(0x1B, "IA32_APIC_BASE", ApicBase.DefaultAddress | ApicBase.BootstrapProcessor | ApicBase.Enabled,
            CpuFeature.Apic, &MsrRules.Kept, &MsrRules.WriteApicBase);
        Constant(0x3A, "IA32_FEATURE_CONTROL", 1);
        TscAdjustSlot = Kept(0x3B, "IA32_TSC_ADJUST", 0, CpuFeature.Tsc, &MsrRules.Kept, &MsrRules.Any);
        Derived(0x79, "IA32_BIOS_UPDT_TRIG", null, &MsrRules.Refuse, &MsrRules.Any);
        Derived(0x8B, "IA32_BIOS_SIGN_ID", null, &MsrRules.ReadMicrocodeRevision, &MsrRules.Any);
        Constant(0xCE, "MSR_PLATFORM_INFO", 0);
        Constant(0xFE, "IA32_MTRRCAP", 0x508, CpuFeature.Mtrr);
        Kept(0x174, "IA32_SYSENTER_CS", 0, CpuFeature.Sep, &MsrRules.Kept, &MsrRules.Low32);
        Kept(0x175, "IA32_SYSENTER_ESP", 0, CpuFeature.Sep, &MsrRules.Kept, &MsrRules.Canonical);
        Kept(0x176, "IA32_SYSENTER_EIP", 0, CpuFeature.Sep, &MsrRules.Kept, &MsrRules.Canonical);
        Constant(0x179, "IA32_MCG_CAP", 0, CpuFeature.Mca);
        Kept(0x17A, "IA32_MCG_STATUS", 0, CpuFeature.Mca, &MsrRules.Kept, &MsrRules.Any);
        Constant(0x198, "IA32_PERF_STATUS", 0);
        Kept(0x1A0, "IA32_MISC_ENABLE", 0x1801, null, &MsrRules.Kept, &MsrRules.WriteMiscEnable);
        DebugControlSlot = Kept(0x1D9, "IA32_DEBUGCTL", 0, null, &MsrRules.ReadDebugControl, &MsrRules.WriteDebugControl);
        for (uint i = 0x1DB; i <= 0x1DE; i++)
            Constant(i, $"MSR_LASTBRANCH_{i:X}", 0);
        for (uint i = 0; i < 8; i++)
        {
            Kept(0x200 + (2 * i), $"IA32_MTRR_PHYSBASE{i}", 0, CpuFeature.Mtrr, &MsrRules.Kept, &MsrRules.WriteMtrrBase);
            Kept(0x201 + (2 * i), $"IA32_MTRR_PHYSMASK{i}", 0, CpuFeature.Mtrr, &MsrRules.Kept, &MsrRules.WriteMtrrMask);
        }
        foreach (uint i in (ReadOnlySpan<uint>)[0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F])
            Kept(i, $"IA32_MTRR_FIX_{i:X}", 0x0606_0606_0606_0606, CpuFeature.Mtrr, &MsrRules.Kept, &MsrRules.WriteMtrrFixed);
        Kept(0x277, "IA32_PAT", 0x0007_0406_0007_0406, CpuFeature.Pat, &MsrRules.Kept, &MsrRules.WritePat);
        Kept(0x2FF, "IA32_MTRR_DEF_TYPE", 0xC06, CpuFeature.Mtrr, &MsrRules.Kept, &MsrRules.WriteMtrrDefault);
        Kept(0xDA0, "IA32_XSS", 0, CpuFeature.Xsaves, &MsrRules.Kept, &MsrRules.WriteXss);
        EferSlot = Kept(0xC000_0080, "IA32_EFER", 0, null, &MsrRules.Kept, &MsrRules.WriteEfer);
        Kept(0xC000_0081, "IA32_STAR", 0, CpuFeature.Syscall, &MsrRules.Kept, &MsrRules.Any);
        Kept(0xC000_0082, "IA32_LSTAR", 0, CpuFeature.Syscall, &MsrRules.Kept, &MsrRules.Canonical);
        Kept(0xC000_0083, "IA32_CSTAR", 0, CpuFeature.Syscall, &MsrRules.Kept, &MsrRules.Canonical);
        Kept(0xC000_0084, "IA32_FMASK", 0, CpuFeature.Syscall, &MsrRules.Kept, &MsrRules.Low32);
        Derived(0xC000_0100, "IA32_FS_BASE", CpuFeature.LongMode, &MsrRules.ReadFsBase, &MsrRules.Canonical);
        Derived(0xC000_0101, "IA32_GS_BASE", CpuFeature.LongMode, &MsrRules.ReadGsBase, &MsrRules.Canonical);
        Derived(0xC000_0102, "IA32_KERNEL_GS_BASE", CpuFeature.LongMode, &MsrRules.ReadKernelGsBase, &MsrRules.Canonical);
        Kept(0xC000_0103, "IA32_TSC_AUX", 0, CpuFeature.Rdtscp, &MsrRules.Kept, &MsrRules.Low32);
    }

    /// <summary>All rows, in the order of the table.</summary>
    public static IReadOnlyList<MsrRow> Rows => All;

    /// <summary>Where IA32_EFER is kept.</summary>
    public static int EferSlot { get; }
    /// <summary>Where IA32_DEBUGCTL is kept.</summary>
    public static int DebugControlSlot { get; }
    /// <summary>Where IA32_APIC_BASE is kept.</summary>
    public static int ApicBaseSlot { get; }
    /// <summary>Where IA32_TSC_ADJUST is kept: also the whole offset of the time-stamp counter, because both writes move both.</summary>
    public static int TscAdjustSlot { get; }

    /// <summary>The row of MSR <paramref name="index"/>.</summary>
    /// <returns>False where there is no such MSR.</returns>
    public static bool TryFind(uint index, out MsrRow row)
    {
        int high = (int)index - HighBase;
        row = index < LowCount ? Low[index]! : (uint)high < HighCount ? High[high]! : null!;
        return row is not null;
    }

    private static int Kept(
        uint index, string name, ulong reset, CpuFeature? needs,
        delegate*<in MsrAccess, out ulong, bool> read, delegate*<in MsrAccess, ulong, out ulong, bool> write) =>
        Add(new MsrRow(index, name, slots++, reset, needs, read, write));

    private static void Derived(
        uint index, string name, CpuFeature? needs,
        delegate*<in MsrAccess, out ulong, bool> read, delegate*<in MsrAccess, ulong, out ulong, bool> write) =>
        Add(new MsrRow(index, name, -1, 0, needs, read, write));

    private static void Constant(uint index, string name, ulong value, CpuFeature? needs = null) =>
        Add(new MsrRow(index, name, -1, value, needs, &MsrRules.ReadConstant, &MsrRules.ReadOnly));

    private static int Add(MsrRow row)
    {
        if (row.Slot >= VcpuState.MsrSlots)
            throw new InvalidOperationException($"{row.Name}: no slot left");
        ref MsrRow? place = ref row.Index < LowCount ? ref Low[row.Index] : ref High[(int)row.Index - HighBase];
        if (place is not null)
            throw new InvalidOperationException($"two rows for MSR {row.Index:X}");
        place = row;
        All.Add(row);
        return row.Slot;
    }
}
