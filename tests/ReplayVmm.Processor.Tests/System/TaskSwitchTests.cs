using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Task switches by JMP, CALL, IRET and task gates, with 32- and 16-bit TSSs (SDM volume 3, chapter 7).</summary>
public sealed unsafe class TaskSwitchTests
{
    private const uint Pointer = (uint)TestMachine.DataAddress, OtherStack = 0x2_A000;

    /// <summary>A second 32-bit task that starts at <see cref="Handler"/>.</summary>
    private static TestMachine WithOtherTask(Action<Iced.Intel.Assembler> program, uint eflags = 2)
    {
        TestMachine m = TestMachine.Protected().WithTables();
        m.WriteMemory(OtherTss + 0x20, Handler);
        m.WriteMemory(OtherTss + 0x24, eflags);
        m.WriteMemory(OtherTss + 0x28, 0xAAAA0001u);
        m.WriteMemory(OtherTss + 0x38, OtherStack);
        for (uint n = 0; n < 6; n++)
            m.WriteMemory(OtherTss + 0x48 + (n * 4), n == 1 ? (uint)Code : Data);
        m.WriteMemory(OtherTss + 0x66, (ushort)0x68);
        m.Write(Handler, TestMachine.Assemble(32, Handler, program));
        m.WriteMemory(Pointer, 0u);
        m.WriteMemory(Pointer + 4, OtherTask);
        return m;
    }

    [Fact]
    public void A_jump_to_a_task_saves_the_old_one_and_moves_the_busy_bit()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.RunToHlt(a =>
        {
            a.mov(ebx, 0x1234);
            a.stc();
            a.jmp(__fword_ptr[(int)Pointer]);
        });
        m.State->Gpr[0].ShouldBe(0xAAAA0001ul);
        m.State->Gpr[4].ShouldBe((ulong)OtherStack);
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(OtherTask);
        m.State->SegmentBase[(int)SegmentIndex.Tr].ShouldBe((ulong)OtherTss);
        (m.State->Cr0 & Cr0.Ts).ShouldBe(Cr0.Ts);
        (m.State->Rflags & Rflags.Nt).ShouldBe(0ul);
        m.ReadMemory<byte>(Gdt + TaskSelector + 5).ShouldBe((byte)0x89);
        m.ReadMemory<byte>(Gdt + OtherTask + 5).ShouldBe((byte)0x8B);
        m.ReadMemory<uint>(Tss + 0x34).ShouldBe(0x1234u);
        m.ReadMemory<uint>(Tss + 0x20).ShouldBe((uint)TestMachine.CodeAddress + 12);
        (m.ReadMemory<uint>(Tss + 0x24) & 1).ShouldBe(1u);
        m.ReadMemory<ushort>(Tss + 0x4C).ShouldBe(Code);
    }

    [Fact]
    public void A_task_state_segment_that_cannot_be_saved_faults_as_a_store_and_changes_nothing()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        // One to one by 4 KiB pages, but for the page that holds the running task's segment.
        const uint Directory = 0x40_0000, Table = 0x40_1000;
        m.WriteMemory(Directory, Table | 3);
        for (uint n = 0; n < 1024; n++)
            m.WriteMemory(Table + (n * 4), (n << 12) | 3);
        m.WriteMemory(Table + (0x7F * 4), 0u);
        m.State->SegmentBase[(int)SegmentIndex.Tr] = 0x7_F000 - 0x30;
        m.State->Cr3 = Directory;
        m.State->Cr0 |= Cr0.Pg;
        m.Cpu.StateChanged();
        m.ShouldFault(Vector.Pf, 2, a => a.jmp(__fword_ptr[(int)Pointer]));
        m.Cpu.Exit.Qualification.ShouldBe(0x7_F000ul);
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(TaskSelector);
        m.ReadMemory<byte>(Gdt + TaskSelector + 5).ShouldBe((byte)0x8B);
        m.ReadMemory<byte>(Gdt + OtherTask + 5).ShouldBe((byte)0x89);
        m.ReadMemory<uint>(0x7_F000 - 0x10).ShouldBe(0u);
    }

    [Fact]
    public void A_task_with_the_same_cr3_keeps_the_page_directory_pointers_that_are_loaded()
    {
        using TestMachine m = WithOtherTask(a =>
        {
            a.mov(edx, __dword_ptr[(int)Pointer]);
            a.hlt();
        });
        const uint Pointers = 0x40_0000, Directory = 0x40_1000;
        for (uint n = 0; n < 8; n++)
            m.WriteMemory(Directory + (n * 8), (n << 21) | 0x83ul);
        // Loaded once and since then made bad in memory: bit 1 is reserved.
        m.WriteMemory(Pointers, Directory | 3ul);
        m.WriteMemory(OtherTss + 0x1C, Pointers);
        m.WriteMemory(Pointer, 0x1234u);
        m.State->Pdpte[0] = Directory | 1;
        m.State->Cr3 = Pointers;
        m.State->Cr4 |= Cr4.Pae;
        m.State->Cr0 |= Cr0.Pg;
        m.Cpu.StateChanged();
        m.RunToHlt(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.State->Gpr[2].ShouldBe(0x1234ul);
        m.State->Pdpte[0].ShouldBe(Directory | 1ul);
    }

    [Fact]
    public void A_call_links_the_tasks_and_iret_goes_back()
    {
        using TestMachine m = WithOtherTask(a =>
        {
            a.pushfd();
            a.pop(ecx);
            a.mov(__dword_ptr[(int)Pointer + 16], ecx);
            a.iretd();
        });
        m.SetDescriptor(TaskSelector, Segment(0x0B, 0, Tss, 0x7FF, 0));
        m.RunToHlt(a =>
        {
            a.mov(ebx, 0x1234);
            a.call(__fword_ptr[(int)Pointer]);
            a.inc(ebx);
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe(0x1235ul);
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(TaskSelector);
        (m.State->Rflags & Rflags.Nt).ShouldBe(0ul);
        (m.ReadMemory<uint>(Pointer + 16) & Rflags.Nt).ShouldBe(Rflags.Nt);
        m.ReadMemory<ushort>(OtherTss).ShouldBe(TaskSelector);
        m.ReadMemory<byte>(Gdt + OtherTask + 5).ShouldBe((byte)0x89);
        m.ReadMemory<byte>(Gdt + TaskSelector + 5).ShouldBe((byte)0x8B);
        (m.ReadMemory<uint>(OtherTss + 0x24) & Rflags.Nt).ShouldBe(0ul);
    }

    [Fact]
    public void An_exception_through_a_task_gate_pushes_its_error_code_in_the_new_task()
    {
        using TestMachine m = WithOtherTask(a =>
        {
            a.pop(ebx);
            a.hlt();
        });
        m.SetDescriptorGate(13, Gate(Descriptor.TaskGate, 0, OtherTask, 0));
        m.RunToHlt(a =>
        {
            a.mov(eax, UserData);
            a.mov(ss, eax);
        });
        m.State->Gpr[3].ShouldBe(0x20ul);
        m.State->Gpr[4].ShouldBe((ulong)OtherStack);
        m.ReadMemory<uint>(Tss + 0x20).ShouldBe((uint)TestMachine.CodeAddress + 5);
        (m.State->Rflags & Rflags.Nt).ShouldBe(Rflags.Nt);
    }

    [Fact]
    public void A_16_bit_task_has_16_bit_registers()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.SetDescriptor(OtherTask, Segment(0x01, 0, OtherTss, 0x2B, 0));
        m.WriteMemory(OtherTss + 0x0E, (ushort)0x1800);
        m.WriteMemory(OtherTss + 0x10, (ushort)2);
        m.WriteMemory(OtherTss + 0x12, (ushort)0x5555);
        m.WriteMemory(OtherTss + 0x1A, (ushort)0x9000);
        for (uint n = 0; n < 4; n++)
            m.WriteMemory(OtherTss + 0x22 + (n * 2), n == 1 ? Code : Data);
        m.WriteMemory(OtherTss + 0x2A, (ushort)0);
        m.Write(0x1800, 0xF4);
        m.RunToHlt(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.State->Gpr[0].ShouldBe(0xFFFF5555ul);
        m.State->SegmentAttributes[(int)SegmentIndex.Fs].ShouldBe(SegmentAttribute.Unusable);
        m.State->SegmentAttributes[(int)SegmentIndex.Tr].ShouldBe(0x83u);
    }

    [Theory]
    [InlineData(TaskSelector, Vector.Gp, (uint)TaskSelector)]
    [InlineData(OtherTask | 4, Vector.Gp, (uint)OtherTask | 4)]
    public void Busy_and_local_tasks_are_refused(int selector, byte vector, uint errorCode)
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.WriteMemory(Pointer + 4, (ushort)selector);
        m.ShouldFault(vector, errorCode, a => a.jmp(__fword_ptr[(int)Pointer]));
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(TaskSelector);
    }

    [Fact]
    public void A_short_tss_is_invalid_and_nothing_has_switched()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.SetDescriptor(OtherTask, Segment(0x09, 0, OtherTss, 0x66, 0));
        m.ShouldFault(Vector.Ts, OtherTask, a => a.jmp(__fword_ptr[(int)Pointer]));
        m.ReadMemory<byte>(Gdt + TaskSelector + 5).ShouldBe((byte)0x8B);
    }

    [Theory]
    [InlineData(0x48 + 8, ReadOnly, Vector.Ts, (uint)ReadOnly)]
    [InlineData(0x48 + 8, AbsentData, Vector.Ss, (uint)AbsentData)]
    [InlineData(0x48 + 12, ExecuteOnly, Vector.Ts, (uint)ExecuteOnly)]
    [InlineData(0x48 + 12, AbsentData, Vector.Np, (uint)AbsentData)]
    [InlineData(0x60, Data, Vector.Ts, (uint)Data)]
    public void A_bad_segment_of_the_new_task_faults_in_the_new_task(uint offset, int selector, byte vector, uint errorCode)
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.WriteMemory(OtherTss + offset, (ushort)selector);
        m.SetDescriptorGate(vector, Gate(Descriptor.TaskGate, 0, LimitTask, 0));
        m.SetDescriptor(LimitTask, Segment(0x09, 0, 0x7800, 0x67, 0));
        m.WriteMemory(0x7820, Handler);
        m.WriteMemory(0x7824, 2u);
        m.WriteMemory(0x7838, 0x2_C000u);
        for (uint n = 0; n < 6; n++)
            m.WriteMemory(0x7848 + (n * 4), n == 1 ? (uint)Code : Data);
        m.RunToHlt(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.ReadMemory<uint>(m.State->Gpr[4]).ShouldBe(errorCode);
        m.ReadMemory<ushort>(0x7800).ShouldBe(OtherTask);
        m.ReadMemory<uint>(OtherTss + 0x20).ShouldBe(Handler);
    }

    private const ushort LimitTask = 0xF0;

    [Fact]
    public void A_debug_trap_flag_raises_a_debug_exception_before_the_new_tasks_first_instruction()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.WriteMemory(OtherTss + 0x64, (ushort)1);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Db;
        m.Load(a => a.jmp(__fword_ptr[(int)Pointer]));
        VmExit exit = m.RunToExitSkippingWrites();
        exit.Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        exit.Qualification.ShouldBe(DebugRegisterRules.Bt);
        m.State->Rip.ShouldBe((ulong)Handler);
    }

    [Fact]
    public void A_task_that_handles_an_exception_and_cannot_load_its_stack_raises_a_double_fault()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.WriteMemory(OtherTss + 0x48 + 8, ReadOnly);
        m.SetDescriptorGate(Vector.Gp, Gate(Descriptor.TaskGate, 0, OtherTask, 0));
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Df;
        m.Load(a =>
        {
            a.mov(eax, 0xFFF8);
            a.mov(ds, ax);
        });
        VmExit exit = m.RunToExitSkippingWrites();
        exit.Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        ((byte)exit.InterruptionInformation).ShouldBe(Vector.Df);
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(OtherTask);
        m.State->Rip.ShouldBe((ulong)Handler);
    }

    [Fact]
    public void A_task_can_be_a_virtual_8086_one()
    {
        using TestMachine m = WithOtherTask(a => a.nop(), eflags: (uint)(Rflags.Vm | 2));
        m.WriteMemory(OtherTss + 0x20, 0x10u);
        m.WriteMemory(OtherTss + 0x4C, 0x2000u);
        m.Write(0x2_0010, 0x8C, 0xC8, 0xFA);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Gp;
        m.Load(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.RunToExitSkippingWrites().Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        ((ushort)m.State->Gpr[0]).ShouldBe((ushort)0x2000);
        m.State->Cpl.ShouldBe(3);
        m.State->Rip.ShouldBe(0x12ul);
    }

    [Fact]
    public void A_virtual_8086_task_whose_ldt_cannot_be_loaded_faults_at_level_3_with_its_own_segments()
    {
        using TestMachine m = WithOtherTask(a => a.nop(), eflags: (uint)(Rflags.Vm | 2));
        m.WriteMemory(OtherTss + 0x4C, 0x2000u);
        m.WriteMemory(OtherTss + 0x60, (ushort)Data);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Ts;
        m.Load(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.Run(100).ShouldBe(StopReason.RegisterWritten);
        (m.State->Cpl, m.State->SegmentBase[(int)SegmentIndex.Cs], m.State->SegmentLimit[(int)SegmentIndex.Ds]).ShouldBe((3, 0x2_0000ul, 0xFFFFu));
    }

    [Fact]
    public void The_task_switched_flag_that_an_event_sets_at_the_very_end_of_a_run_is_reported()
    {
        using TestMachine m = WithOtherTask(a => a.hlt());
        m.SetDescriptorGate(13, Gate(Descriptor.TaskGate, 0, OtherTask, 0));
        m.Load(a =>
        {
            a.mov(eax, UserData);
            a.mov(ss, eax);
        });
        m.Run(2).ShouldBe(StopReason.RegisterWritten);
        (m.Cpu.Written.Register, m.Cpu.Written.New & Cr0.Ts).ShouldBe((RecordedRegister.Cr0, Cr0.Ts));
        m.Run(100).ShouldBe(StopReason.VmExit);
    }
}
