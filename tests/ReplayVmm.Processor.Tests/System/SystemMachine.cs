using Iced.Intel;

namespace ReplayVmm.Processor.Tests;

/// <summary>
/// Descriptor tables in a <see cref="TestMachine"/>, and runs that end in HLT or in a fault. Selectors are those of <see cref="WriteGdt"/>.
/// </summary>
internal static unsafe class SystemMachine
{
    public const uint Gdt = 0x4000, Idt = 0x5000, Tss = 0x6000, OtherTss = 0x6800, LdtAddress = 0x7000, Handler = 0x1_8000, InnerStack = 0x2_8000;
    public const ushort Code = 0x08, Data = 0x10, UserCode = 0x1B, UserData = 0x23, TaskSelector = 0x28, Code16 = 0x38, Data16 = 0x40, Conforming = 0x48,
        LdtSelector = 0x50, OtherTask = 0x60, ReadOnly = 0x68, ExecuteOnly = 0x70, AbsentData = 0x78, AbsentCode = 0x80, CallGate = 0x88, TaskGate = 0xA0,
        ExpandDown = 0xA8, Code1 = 0xB1, Data1 = 0xB9, SmallCode = 0xC0, Limit = 0x100;

    public static ulong Segment(uint type, int dpl, uint address = 0, uint limit = 0xFFFFF, uint flags = 0xC, bool present = true) =>
        (limit & 0xFFFF) | ((ulong)(address & 0xFFFFFF) << 16) | ((ulong)type << 40) | ((ulong)dpl << 45) | (present ? 1ul << 47 : 0)
        | ((ulong)(limit >> 16) << 48) | ((ulong)flags << 52) | ((ulong)(address >> 24) << 56);

    public static ulong Gate(int type, int dpl, ushort selector, uint offset, int low = 0, bool present = true) =>
        (offset & 0xFFFF) | ((ulong)selector << 16) | ((ulong)low << 32) | ((ulong)type << 40) | ((ulong)dpl << 45) | (present ? 1ul << 47 : 0)
        | ((ulong)(offset >> 16) << 48);

    /// <summary>
    /// A GDT with one segment of each kind, an IDT, a 32- or 64-bit TSS; TR is loaded, CS and the data segments get their selectors.
    /// </summary>
    public static TestMachine WithTables(this TestMachine m)
    {
        bool is64 = m.Cpu.Core->Mode.CodeBits == 64;
        WriteGdt(m, is64);
        CpuState* s = m.State;
        (s->GdtBase, s->GdtLimit, s->IdtBase, s->IdtLimit) = (Gdt, Limit - 1, Idt, 0xFFF);
        int tr = (int)SegmentIndex.Tr;
        (s->SegmentSelector[tr], s->SegmentBase[tr], s->SegmentLimit[tr], s->SegmentAttributes[tr]) = (TaskSelector, Tss, 0x7FF, 0x8B);
        s->SegmentAttributes[(int)SegmentIndex.Ldtr] = SegmentAttribute.Unusable;
        m.WriteMemory(Tss + 4, is64 ? (ulong)InnerStack : InnerStack | ((ulong)Data << 32));
        if (!is64)
            m.WriteMemory(Tss + 12, 0x2_4000ul | ((ulong)Data1 << 32));
        m.WriteMemory(Tss + 0x66, (ushort)0x88);
        m.Cpu.Controls.Cr0GuestHostMask = 0;
        m.Cpu.Controls.Cr4GuestHostMask = 0;
        m.Cpu.Controls.MovDrExiting = false;
        m.Cpu.Controls.MsrBitmap = new byte[4096];
        return m;
    }

    public static void SetDescriptor(this TestMachine m, ushort selector, ulong value) => m.WriteMemory(Gdt + (ulong)(selector & 0xFFF8), value);

    public static void SetDescriptorGate(this TestMachine m, int vector, ulong value, ulong high = 0)
    {
        bool is64 = m.Cpu.Core->Mode.CodeBits == 64 || (m.State->Efer & Efer.Lma) != 0;
        m.WriteMemory(Idt + (ulong)(vector * (is64 ? 16 : 8)), value);
        if (is64)
            m.WriteMemory(Idt + (ulong)(vector * 16) + 8, high);
    }

    /// <summary>Drops to CPL 3 with the user segments of the GDT.</summary>
    public static TestMachine AsUser(this TestMachine m)
    {
        m.EnterUser();
        m.State->SegmentSelector[(int)SegmentIndex.Cs] = UserCode;
        for (int n = 0; n < 6; n++)
        {
            if (n != (int)SegmentIndex.Cs)
                m.State->SegmentSelector[n] = UserData;
        }
        return m;
    }

    /// <summary>Assembles, runs and expects HLT (at CPL 0).</summary>
    public static void RunToHlt(this TestMachine m, Action<Assembler> program)
    {
        m.Load(program);
        m.RunToExitSkippingWrites().Reason.ShouldBe(ExitReason.Hlt);
    }

    /// <summary>Runs to an exit; reported register writes on the way do not count.</summary>
    public static VmExit RunToExitSkippingWrites(this TestMachine m)
    {
        StopReason reason;
        do
        {
            reason = m.Run(100_000);
        }
        while (reason == StopReason.RegisterWritten);
        reason.ShouldBe(StopReason.VmExit);
        return m.Cpu.Exit;
    }

    /// <summary>Assembles, runs and expects an exception, intercepted before its delivery.</summary>
    public static void ShouldFault(this TestMachine m, byte vector, uint? errorCode, Action<Assembler> program)
    {
        m.Load(program);
        m.ShouldFault(vector, errorCode);
    }

    /// <summary>Runs and expects an exception, intercepted before its delivery; RIP stands at the first instruction.</summary>
    public static void ShouldFault(this TestMachine m, byte vector, uint? errorCode)
    {
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        VmExit exit = m.RunToExitSkippingWrites();
        exit.Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        ((byte)exit.InterruptionInformation).ShouldBe(vector);
        ((exit.InterruptionInformation >> 11) & 1).ShouldBe(errorCode is null ? 0u : 1u);
        if (errorCode is { } code)
            exit.InterruptionErrorCode.ShouldBe(code);
    }

    private static void WriteGdt(TestMachine m, bool is64)
    {
        uint code = is64 ? 0xAu : 0xC;
        m.SetDescriptor(0, 0);
        m.SetDescriptor(Code, Segment(0x1B, 0, flags: code));
        m.SetDescriptor(Data, Segment(0x13, 0));
        m.SetDescriptor(UserCode, Segment(0x1B, 3, flags: code));
        m.SetDescriptor(UserData, Segment(0x13, 3));
        m.SetDescriptor(TaskSelector, Segment(0x0B, 0, Tss, 0x7FF, 0));
        m.SetDescriptor(Code16, Segment(0x1B, 0, 0, 0xFFFF, 0));
        m.SetDescriptor(Data16, Segment(0x13, 0, 0, 0xFFFF, 0));
        m.SetDescriptor(Conforming, Segment(0x1F, 0, flags: code));
        m.SetDescriptor(LdtSelector, Segment(0x02, 0, LdtAddress, 0xFF, 0));
        m.SetDescriptor(OtherTask, Segment(0x09, 0, OtherTss, 0x67, 0));
        m.SetDescriptor(ReadOnly, Segment(0x11, 0));
        m.SetDescriptor(ExecuteOnly, Segment(0x19, 0, flags: code));
        m.SetDescriptor(AbsentData, Segment(0x13, 0, present: false));
        m.SetDescriptor(AbsentCode, Segment(0x1B, 0, flags: code, present: false));
        m.SetDescriptor(ExpandDown, Segment(0x17, 0, 0, 0xF));
        m.SetDescriptor(Code1, Segment(0x1B, 1, flags: code));
        m.SetDescriptor(Data1, Segment(0x13, 1));
        m.SetDescriptor(SmallCode, Segment(0x1B, 0, 0, 0xFF, 4));
    }
}
