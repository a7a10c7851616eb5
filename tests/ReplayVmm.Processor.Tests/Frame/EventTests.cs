using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

/// <summary>Delivery of faults and injected events by the run loop: SDM volume 3, 6.15 and 26.6.</summary>
public sealed unsafe class EventTests
{
    private const uint Interrupt = 0x8000_0020, Nmi = 0x8000_0202;

    private static TestMachine Machine(Action<Iced.Intel.Assembler> program)
    {
        TestMachine m = TestMachine.Long();
        m.SetDescriptorTables();
        m.Load(program);
        for (int n = 0; n < 64; n++)
        {
            int vector = n;
            m.Load(a => a.add(__dword_ptr[0x3_0000 + (vector * 4)], 1), TestMachine.HandlerOf(n));
        }
        return m;
    }

    private static uint Count(TestMachine m, int vector) => m.ReadMemory<uint>(0x3_0000 + ((ulong)vector * 4));

    [Fact]
    public void A_fault_takes_one_unit_of_time_and_pushes_the_resume_flag()
    {
        using TestMachine m = Machine(a =>
        {
            a.nop();
            a.ud2();
        });
        m.RunFully(3);
        Count(m, 6).ShouldBe(1u);
        m.State->Retired.ShouldBe(2ul);
        m.ReadMemory<ulong>(TestMachine.StackTop - 40).ShouldBe(TestMachine.CodeAddress + 1);
        (m.ReadMemory<ulong>(TestMachine.StackTop - 24) & Rflags.Rf).ShouldBe(Rflags.Rf);
        (m.State->Rflags & Rflags.Rf).ShouldBe(0ul);
    }

    [Fact]
    public void A_page_fault_sets_cr2_only_when_it_is_delivered()
    {
        using TestMachine m = Machine(a => a.mov(al, __byte_ptr[0x6000_0123]));
        m.WriteMemory(TestMachine.TablesAddress + 0x1000 + 8, 0ul);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Pf;
        VmExit exit = m.RunToExit();
        (exit.Qualification, m.State->Cr2).ShouldBe((0x6000_0123ul, 0ul));
        m.Cpu.Controls.ExceptionBitmap = 0;
        m.RunFully(1);
        (m.State->Cr2, m.State->Rip).ShouldBe((0x6000_0123ul, TestMachine.HandlerOf(14)));
    }

    [Fact]
    public void An_injected_interrupt_is_delivered_before_the_next_instruction_and_wakes_a_halted_processor()
    {
        using TestMachine m = Machine(a => a.nop());
        m.State->Activity = (uint)ActivityState.Hlt;
        m.Run(5).ShouldBe(StopReason.LimitReached);
        m.Now.ShouldBe(0ul);
        m.State->EntryInterruption = Interrupt;
        m.Cpu.CanTakeInterrupt.ShouldBeFalse();
        m.RunFully(2);
        Count(m, 0x20).ShouldBe(1u);
        (m.State->EntryInterruption, m.State->Activity, m.State->Retired).ShouldBe((0u, 0u, 1ul));
    }

    [Fact]
    public void An_injected_nmi_blocks_nmis_until_iret()
    {
        using TestMachine m = Machine(a => a.nop());
        m.Load(a => a.iretq(), TestMachine.HandlerOf(2));
        m.State->EntryInterruption = Nmi;
        m.RunFully(1);
        m.State->Interruptibility.ShouldBe(InterruptibilityState.BlockedByNmi);
        m.RunFully(1);
        (m.State->Interruptibility, m.State->Rip).ShouldBe((0u, TestMachine.CodeAddress));
    }

    [Theory]
    [InlineData(0, 13, 8)] // divide error, then #GP: double fault
    [InlineData(14, 13, 8)]
    [InlineData(6, 13, 13)] // #UD is benign: only the second is delivered
    [InlineData(13, 14, 14)] // a page fault while a contributory fault is delivered is just a page fault
    [InlineData(14, 14, 8)]
    public void Two_faults_combine_as_the_manual_says(int first, int second, int delivered)
    {
        using TestMachine m = Machine(a => a.nop());
        if (second == 13)
            m.LeadGate(first, 0x8000_0000_0000); // not canonical: #GP while delivering
        else
            HideGate(m, first, gatesBefore: first == 13);
        m.State->EntryInterruption = 0x8000_0300 | (uint)first | (first is 13 or 14 ? 1u << 11 : 0);
        m.Run(2);
        if (second == 14)
            m.State->Cr2.ShouldBe(first == 13 ? 0x4_7000ul - 16 : 0x4_7000);
        Count(m, delivered).ShouldBe(1u);
    }

    [Fact]
    public void A_fault_while_a_double_fault_is_delivered_is_a_triple_fault()
    {
        using TestMachine m = Machine(a => a.ud2());
        m.State->IdtLimit = 15;
        VmExit exit = m.RunToExit();
        exit.Reason.ShouldBe(ExitReason.TripleFault);
        (m.State->Rip, m.State->Gpr[4], m.State->Retired).ShouldBe((TestMachine.CodeAddress, TestMachine.StackTop, 0ul));
    }

    [Fact]
    public void An_exception_that_exits_during_delivery_names_the_event_it_interrupted()
    {
        using TestMachine m = Machine(a => a.nop());
        m.LeadGate(0x20, 0);
        m.Cpu.Controls.ExceptionBitmap = 1 << Vector.Np;
        m.State->EntryInterruption = Interrupt;
        VmExit exit = m.RunToExit();
        (exit.InterruptionInformation & 0xFF, m.State->IdtVectoring).ShouldBe(((uint)Vector.Np, Interrupt));
        exit.InterruptionErrorCode.ShouldBe((0x20u * 8) + 3);
    }

    [Fact]
    public void A_delivery_onto_a_device_page_is_carried_out_once_every_access_is_answered()
    {
        using TestMachine m = Machine(a => a.nop());
        m.State->Gpr[4] = 0x100_0000 + 40;
        m.State->EntryInterruption = Interrupt;
        List<ulong> stores = [];
        while (m.Run(1) == StopReason.VmExit)
        {
            m.State->IdtVectoring.ShouldBe(Interrupt);
            (m.Cpu.Exit.Qualification & EptViolation.Store).ShouldBe(EptViolation.Store);
            stores.Add(m.Cpu.Exit.GuestPhysicalAddress);
            m.Cpu.Complete();
            stores.Count.ShouldBeLessThan(9);
        }
        stores.Count.ShouldBe(5);
        stores.Distinct().Count().ShouldBe(5);
        (m.State->Rip, m.Now).ShouldBe((TestMachine.HandlerOf(0x20), 1ul));
    }

    [Fact]
    public void A_handler_that_faults_at_once_for_ever_still_takes_time()
    {
        using TestMachine m = Machine(a => a.ud2());
        m.LeadGate(6, TestMachine.CodeAddress);
        m.RunFully(500);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop - 40 - (499 * 48)); // each frame begins aligned
        m.State->Retired.ShouldBe(0ul);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Faults_and_returns_are_the_same_however_the_run_is_cut(ulong slice)
    {
        using TestMachine whole = Looping(), cut = Looping();
        whole.RunFully(300);
        while (cut.Now < 300)
            cut.RunFully(Math.Min(slice, 300 - cut.Now));
        BlockTests.AssertSame(whole, cut);
        Count(whole, 6).ShouldBeGreaterThan(20u);

        static TestMachine Looping()
        {
            TestMachine m = Machine(a =>
            {
                Iced.Intel.Label again = a.CreateLabel();
                a.Label(ref again);
                a.inc(ecx);
                a.ud2();
                a.jmp(again);
            });
            m.Load(
                a =>
                {
                    a.add(__qword_ptr[rsp], 2);
                    a.inc(__dword_ptr[0x3_0000 + (6 * 4)]);
                    a.iretq();
                }, TestMachine.HandlerOf(6));
            return m;
        }
    }

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, 2, 0)]
    public void A_breakpoint_is_hit_once_a_pass_where_its_handler_sets_RF_and_again_where_it_does_not(bool sets, uint hits, ulong passes)
    {
        using TestMachine m = Machine(a =>
        {
            a.nop();
            a.inc(ecx);
            a.nop();
        });
        m.Load(
            a =>
            {
                a.inc(__dword_ptr[0x3_0000 + 4]);
                // SDM volume 3, 18.3.1.1: the frame of an instruction breakpoint has RF clear.
                a.or(__dword_ptr[rsp + 16], sets ? 0x1_0000 : 0);
                a.iretq();
            }, TestMachine.HandlerOf(1));
        m.State->Dr[0] = TestMachine.CodeAddress + 1;
        m.State->Dr7 |= 1;
        m.Cpu.StateChanged();
        m.RunFully(1 + 1 + 3 + 2);
        (Count(m, 1), m.State->Gpr[1], m.State->Dr6 & 0xF).ShouldBe((hits, passes, 1ul));
    }

    [Fact]
    public void A_single_stepped_instruction_enters_the_debug_handler_with_bs_set()
    {
        using TestMachine m = Machine(a => a.nop());
        m.State->Rflags |= Rflags.Tf;
        m.RunFully(2);
        (m.State->Rip, m.State->Dr6 & (1 << 14), m.State->Rflags & Rflags.Tf).ShouldBe((TestMachine.HandlerOf(1), 1ul << 14, 0ul));
        (m.ReadMemory<ulong>(TestMachine.StackTop - 24) & (Rflags.Rf | Rflags.Tf)).ShouldBe(Rflags.Tf);
    }

    /// <summary>Moves the IDT so that it lies across two pages, gate <paramref name="vector"/> at the border, and takes away its page.</summary>
    private static void HideGate(TestMachine m, int vector, bool gatesBefore)
    {
        ulong start = 0x4_7000ul - (((ulong)vector + (gatesBefore ? 1u : 0)) * 16);
        for (ulong at = 0; at < 64 * 16; at += 8)
            m.WriteMemory(start + at, m.ReadMemory<ulong>(0x6000 + at));
        m.State->IdtBase = start;
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + ((gatesBefore ? 0x46ul : 0x47) * 8), 0ul);
    }

    [Fact]
    public void Faults_that_follow_one_another_for_ever_shut_the_guest_down()
    {
        // The handler of #AC runs at level 3 on the odd stack of the program: its delivery raises #AC, and so does that one's.
        using TestMachine m = TestMachine.Protected().WithTables().AsUser();
        m.SetDescriptorGate(Vector.Ac, SystemMachine.Gate(0xE, 3, SystemMachine.UserCode, SystemMachine.Handler));
        m.State->Cr0 |= Cr0.Am;
        m.State->Rflags |= Rflags.Ac;
        m.State->Gpr[4] = TestMachine.StackTop + 1;
        m.Cpu.StateChanged();
        m.Load(a => a.push(eax));
        m.RunToExit().Reason.ShouldBe(ExitReason.TripleFault);
    }
}
