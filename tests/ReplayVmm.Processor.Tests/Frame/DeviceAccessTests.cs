using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class DeviceAccessTests
{
    private const ulong Device = 0x100_0000;

    /// <summary>Runs to the end of <paramref name="time"/> and answers each device load with 11h, 22h, 33h, … ; returns what was asked.</summary>
    private static List<string> Serve(TestMachine m, ulong time)
    {
        List<string> log = [];
        ulong end = m.Now + time, next = 0x11;
        while (m.Cpu.Run(ref m.Now, end) == StopReason.VmExit)
        {
            VmExit e = m.Cpu.Exit;
            e.Reason.ShouldBe(ExitReason.EptViolation);
            e.IsPartial.ShouldBeTrue();
            bool store = (e.Qualification & EptViolation.Store) != 0;
            log.Add($"{(store ? 'W' : 'R')}{e.AccessSize} {e.GuestPhysicalAddress:x}{(store ? $"={e.Data:x}" : "")}");
            ulong answer = store ? 0 : next * 0x0101_0101_0101_0101;
            next += store ? 0 : 0x11u;
            m.Cpu.Complete(answer);
            log.Count.ShouldBeLessThan(100);
        }
        m.Now.ShouldBe(end);
        return log;
    }

    [Fact]
    public void A_load_and_a_store_exit_once_with_address_size_and_data()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            a.mov(eax, __dword_ptr[Device + 8]);
            a.mov(__word_ptr[Device + 2], ax);
        });
        VmExit exit = m.RunToExit();
        (exit.GuestPhysicalAddress, exit.GuestLinearAddress, exit.AccessSize).ShouldBe((Device + 8, Device + 8, (byte)4));
        exit.Qualification.ShouldBe(EptViolation.Load | EptViolation.LinearValid | EptViolation.Final);
        (m.State->Retired, m.State->Rip, m.Now).ShouldBe((0ul, TestMachine.CodeAddress, 0ul));
        m.Cpu.Complete(0xDDCC_BBAA);
        Serve(m, 2).ShouldBe(["W2 1000002=bbaa"]);
        (m.State->Gpr[0], m.State->Retired).ShouldBe((0xDDCC_BBAAul, 2ul));
    }

    [Fact]
    public void A_read_modify_write_loads_once_and_stores_once()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.add(__byte_ptr[Device], 1));
        Serve(m, 1).ShouldBe(["R1 1000000", "W1 1000000=12"]);
        m.State->Retired.ShouldBe(1ul);
    }

    [Fact]
    public void An_access_across_memory_and_a_device_reaches_the_device_with_its_part()
    {
        using TestMachine m = TestMachine.Long();
        ulong edge = TestMachine.RamSize - 3;
        m.Write(edge, 1, 2, 3);
        m.Load(a =>
        {
            a.mov(rax, __qword_ptr[edge]);
            a.mov(rbx, -1);
            a.mov(__qword_ptr[edge], rbx);
        });
        Serve(m, 3).ShouldBe(["R5 800000", "W5 800000=ffffffffff"]);
        m.State->Gpr[0].ShouldBe(0x11_1111_1111_030201ul);
        m.ReadMemory<byte>(edge).ShouldBe((byte)0xFF);
    }

    [Fact]
    public void Each_element_of_a_string_reaches_the_device_once_however_the_run_is_cut()
    {
        for (ulong slice = 1; slice < 8; slice++)
        {
            using TestMachine m = TestMachine.Long();
            m.Load(a =>
            {
                a.mov(ecx, 3);
                a.mov(esi, (uint)Device);
                a.mov(edi, (uint)Device + 0x1000);
                a.rep.movsd();
                a.nop();
            });
            List<string> log = [];
            for (ulong left = 7; left > 0; left -= Math.Min(left, slice))
                log.AddRange(Serve(m, Math.Min(left, slice)).Select(l => l.Split('=')[0]));
            log.ShouldBe(["R4 1000000", "W4 1001000", "R4 1000004", "W4 1001004", "R4 1000008", "W4 1001008"], $"slice {slice}");
            (m.State->Retired, m.State->Gpr[1]).ShouldBe((5ul, 0ul));
        }
    }

    [Fact]
    public void A_store_to_read_only_memory_exits_and_loads_do_not()
    {
        using TestMachine m = TestMachine.Long();
        m.Memory.Map(0x7_0000, 0x1000, m.Ram + 0x7_0000, MappingRights.Read);
        m.Load(a => a.or(__byte_ptr[0x70000], 4));
        VmExit exit = m.RunToExit();
        (exit.Reason, exit.Data).ShouldBe((ExitReason.EptViolation, 4ul));
        exit.Qualification.ShouldBe(
            EptViolation.Store | EptViolation.Readable | EptViolation.Executable | EptViolation.LinearValid | EptViolation.Final);
        m.Cpu.Complete();
        m.RunFully(1);
        m.ReadMemory<byte>(0x7_0000).ShouldBe((byte)0);
    }

    [Fact]
    public void A_fetch_from_where_nothing_is_mapped_reads_all_ones_and_is_an_invalid_opcode_until_something_is_mapped()
    {
        using TestMachine m = TestMachine.Long();
        m.SetDescriptorTables();
        foreach (ulong at in (ReadOnlySpan<ulong>)[Device, Device + 0xFFF])
        {
            m.State->Rip = at;
            m.RunFully(1);
            m.State->Rip.ShouldBe(TestMachine.HandlerOf(Vector.Ud));
            m.ReadMemory<ulong>(m.State->Gpr[4]).ShouldBe(at);
        }

        m.Memory.Map(Device, 0x1000, m.Ram + 0x7_0000, MappingRights.Read);
        m.Ram[0x7_0000] = 0x90;
        m.State->Rip = Device;
        m.RunFully(1);
        m.State->Rip.ShouldBe(Device + 1);
    }

    [Fact]
    public void An_instruction_that_begins_at_the_end_of_memory_goes_on_with_all_ones()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + (0x51 * 8), Device | 3);
        m.Write(0x5_0FFF, 0xB0);
        m.State->Rip = 0x5_0FFF;
        m.RunFully(1);
        (m.State->Gpr[0], m.State->Rip).ShouldBe((0xFFul, 0x5_1001ul));
    }

    [Fact]
    public void A_violation_that_the_hypervisor_maps_is_tried_again()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.mov(al, __byte_ptr[Device + 1]));
        m.RunToExit();
        m.Ram[0x7_0001] = 9;
        m.Memory.Map(Device, 0x1000, m.Ram + 0x7_0000, MappingRights.Read);
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(9ul);
    }

    [Fact]
    public void Page_tables_outside_memory_are_asked_for_and_used_once()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TestMachine.TablesAddress + 0x2000 + (3 * 8), Device | 3);
        m.Load(a =>
        {
            a.mov(al, __byte_ptr[0x60_0000]);
            a.mov(__byte_ptr[0x60_0001], al);
        });
        m.RunToExit().GuestPhysicalAddress.ShouldBe(Device);
        (m.Cpu.Exit.Qualification & EptViolation.Final).ShouldBe(0ul);
        m.Cpu.Complete(0x3003);
        VmExit mark = m.RunToExit();
        (mark.Data, mark.Qualification & EptViolation.Store).ShouldBe((0x3023ul, EptViolation.Store));
        m.Cpu.Complete();
        m.WriteMemory(0x3000, (byte)5);
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(5ul);
        // Not dirty yet: the store walks again.
        m.RunToExit().GuestPhysicalAddress.ShouldBe(Device);
        m.Cpu.Complete(0x3023);
        m.RunToExit().Data.ShouldBe(0x3063ul);
        m.Cpu.Complete();
        m.RunFully(1);
        m.ReadMemory<byte>(0x3001).ShouldBe((byte)5);
    }

    [Fact]
    public void Answers_survive_in_saved_state_between_two_accesses_of_an_instruction()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.add(__byte_ptr[Device], 1));
        m.RunToExit();
        m.Cpu.Complete(0x40);
        m.Cpu.CanTakeInterrupt.ShouldBeFalse();
        m.ReplaceProcessor();
        VmExit exit = m.RunToExit();
        exit.Data.ShouldBe(0x41ul);
        m.Cpu.Complete();
        m.RunFully(1);
        m.State->Retired.ShouldBe(1ul);
    }

    [Fact]
    public void Completing_twice_is_refused()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.mov(al, __byte_ptr[Device]));
        Should.Throw<InvalidOperationException>(() => m.Cpu.Complete());
        m.RunToExit();
        m.Cpu.Complete();
        Should.Throw<InvalidOperationException>(() => m.Cpu.Complete());
    }

    [Fact]
    public void A_fault_instead_of_an_answer_is_queued_and_the_instruction_not_retired()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.mov(al, __byte_ptr[Device]));
        m.RunToExit();
        m.Cpu.CompleteWithFault(Vector.Gp, 0);
        (m.State->EntryInterruption, m.State->EntryErrorCode, m.State->Retired).ShouldBe((0x8000_0B0Du, 0u, 0ul));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void An_interrupt_that_waits_gets_its_window_after_the_iteration_that_a_device_answered(ulong slice)
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.rep.lodsb());
        (m.State->Gpr[1], m.State->Gpr[6]) = (5, Device);
        m.State->Rflags |= Rflags.If;
        m.RunToExit().Reason.ShouldBe(ExitReason.EptViolation);
        m.Cpu.Complete(0x77);
        m.Cpu.Controls.InterruptWindowExiting = true;
        StopReason reason;
        while ((reason = m.Run(slice)) == StopReason.LimitReached)
            m.Now.ShouldBeLessThan(100ul);
        (reason, m.Cpu.Exit.Reason, m.State->Gpr[1], m.State->Rip).ShouldBe((StopReason.VmExit, ExitReason.InterruptWindow, 4ul, TestMachine.CodeAddress));
    }
}
