using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>What reading and writing MSRs does: each rule says whether the access succeeds, and with which value.</summary>
internal static class MsrRules
{
    public static bool Kept(in MsrAccess access, out ulong value)
    {
        value = access.Stored;
        return true;
    }

    public static bool ReadConstant(in MsrAccess access, out ulong value)
    {
        value = access.Row.Reset;
        return true;
    }

    public static bool Refuse(in MsrAccess access, out ulong value)
    {
        value = 0;
        return false;
    }

    public static unsafe bool ReadTimeStamp(in MsrAccess access, out ulong value)
    {
        value = access.Answers.HostTimeStampCounter + access.Vcpu.Msr[MsrTable.TscAdjustSlot];
        return true;
    }

    /// <summary>The revision stands in the upper half; a write of 0 before CPUID, which asks for it, changes nothing.</summary>
    public static bool ReadMicrocodeRevision(in MsrAccess access, out ulong value)
    {
        value = 1ul << 32;
        return true;
    }

    public static bool ReadFsBase(in MsrAccess access, out ulong value) => ReadRegister(access, GuestRegister.FsBase, out value);

    public static bool ReadGsBase(in MsrAccess access, out ulong value) => ReadRegister(access, GuestRegister.GsBase, out value);

    public static bool ReadDebugControl(in MsrAccess access, out ulong value) => ReadRegister(access, GuestRegister.DebugControl, out value);

    public static bool ReadKernelGsBase(in MsrAccess access, out ulong value) => ReadRegister(access, GuestRegister.KernelGsBase, out value);

    public static bool ReadOnly(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = 0;
        return false;
    }

    public static bool Any(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return true;
    }

    public static bool Low32(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return value <= uint.MaxValue;
    }

    /// <summary>No supervisor state component is there to be enabled (SDM volume 1, 13.3).</summary>
    public static bool WriteXss(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return value == 0;
    }

    public static bool Canonical(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return (ulong)((long)(value << 16) >> 16) == value;
    }

    /// <summary>SDM volume 3, 11.12.5: x2APIC needs "enabled", is left only by switching off, and switched on only from xAPIC.</summary>
    public static bool WriteApicBase(in MsrAccess access, ulong value, out ulong stored)
    {
        const ulong Mode = ApicBase.Enabled | ApicBase.X2Apic;
        ulong allowed = ApicBase.BootstrapProcessor | Mode | ApicBase.AddressMask;
        ulong oldMode = access.Stored & Mode, newMode = value & Mode;
        stored = value;
        if ((value & ~(allowed & PhysicalAddressMask(access))) != 0 || newMode == ApicBase.X2Apic)
            return false;
        if (newMode == Mode && (oldMode == 0 || !access.Model.Has(CpuFeature.X2Apic)))
            return false;
        return oldMode != Mode || newMode != ApicBase.Enabled;
    }

    public static bool WriteMiscEnable(in MsrAccess access, ulong value, out ulong stored)
    {
        const ulong Writable = 1 | (1 << 3) | (1 << 16) | (1 << 18) | (1 << 22) | (1 << 23) | (1ul << 34);
        const ulong Fixed = 0x1880;
        stored = (value & Writable) | (access.Stored & Fixed);
        return (value & ~(Writable | Fixed)) == 0;
    }

    public static bool WriteDebugControl(in MsrAccess access, ulong value, out ulong stored)
    {
        const ulong BranchTrapFlag = 2, LastBranchRecords = 1;
        stored = value;
        return (value & ~(BranchTrapFlag | LastBranchRecords)) == 0;
    }

    public static bool WriteMtrrBase(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return IsMtrrType((byte)value) && (value & 0xF00) == 0 && (value & ~PhysicalAddressMask(access)) == 0;
    }

    public static bool WriteMtrrMask(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return (value & 0x7FF) == 0 && (value & ~PhysicalAddressMask(access)) == 0;
    }

    public static bool WriteMtrrFixed(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        for (int i = 0; i < 8; i++)
        {
            if (!IsMtrrType((byte)(value >> (8 * i))))
                return false;
        }
        return true;
    }

    public static bool WriteMtrrDefault(in MsrAccess access, ulong value, out ulong stored)
    {
        stored = value;
        return IsMtrrType((byte)value) && (value & ~0xCFFul) == 0;
    }

    public static bool WritePat(in MsrAccess access, ulong value, out ulong stored)
    {
        const byte UncachedMinus = 7;
        stored = value;
        for (int i = 0; i < 8; i++)
        {
            byte type = (byte)(value >> (8 * i));
            if (type != UncachedMinus && !IsMtrrType(type))
                return false;
        }
        return true;
    }

    /// <summary>SDM volume 3, 2.2.1: LMA follows CR0.PG and ignores the write; LME cannot change while paging is on.</summary>
    public static bool WriteEfer(in MsrAccess access, ulong value, out ulong stored)
    {
        ulong old = access.Stored;
        ulong allowed = (access.Model.Has(CpuFeature.Syscall) ? Efer.Sce : 0) | (access.Model.Has(CpuFeature.Nx) ? Efer.Nxe : 0)
            | (access.Model.Has(CpuFeature.LongMode) ? Efer.Lme | Efer.Lma : 0);
        stored = (value & ~Efer.Lma) | (old & Efer.Lma);
        if ((value & ~allowed) != 0)
            return false;
        return (access.Vcpu.Cr0 & Cr0.Pg) == 0 || ((value ^ old) & Efer.Lme) == 0;
    }

    private static ulong PhysicalAddressMask(in MsrAccess access) => (1ul << access.Model.PhysicalAddressBits) - 1;

    private static bool IsMtrrType(byte type) => type is 0 or 1 or 4 or 5 or 6;

    private static bool ReadRegister(in MsrAccess access, GuestRegister register, out ulong value)
    {
        value = access.Answers.Register(register);
        return true;
    }
}
