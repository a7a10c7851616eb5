using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class BlockTests
{
    private const ulong Elsewhere = 0x5_0000;

    /// <summary>A loop over calls, string stores, branches and memory: sums the numbers it writes.</summary>
    internal static void Workload(Assembler a)
    {
        Label again = a.CreateLabel(), function = a.CreateLabel(), skip = a.CreateLabel(), end = a.CreateLabel();
        a.mov(ecx, 20);
        a.xor(ebx, ebx);
        a.Label(ref again);
        a.call(function);
        a.test(cl, 1);
        a.jz(skip);
        a.add(rbx, __qword_ptr[(rcx * 8) + (long)TestMachine.DataAddress]);
        a.Label(ref skip);
        a.dec(ecx);
        a.jnz(again);
        a.mov(rdi, TestMachine.DataAddress + 0xFF0);
        a.mov(eax, 0x5A);
        a.mov(ecx, 40);
        a.rep.stosb();
        a.Label(ref end);
        a.jmp(end);
        a.Label(ref function);
        a.push(rcx);
        a.imul(rdx, rcx, 77);
        a.mov(__qword_ptr[(rcx * 8) + (long)TestMachine.DataAddress], rdx);
        a.pop(rcx);
        a.ret();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(65)]
    public void However_a_run_is_cut_the_state_is_the_same(ulong slice)
    {
        const ulong total = 420;
        using TestMachine whole = TestMachine.Long(), cut = TestMachine.Long();
        whole.Load(Workload);
        cut.Load(Workload);
        whole.RunFully(total);
        while (cut.Now < total)
            cut.RunFully(Math.Min(slice, total - cut.Now));
        AssertSame(whole, cut);
        whole.State->Gpr[3].ShouldBe(77ul * 100);
        whole.ReadMemory<byte>(TestMachine.DataAddress + 0xFF0 + 39).ShouldBe((byte)0x5A);
    }

    [Fact]
    public void A_cache_of_decoded_code_that_overflows_all_the_time_changes_nothing()
    {
        using TestMachine large = TestMachine.Long(), small = TestMachine.Long(codeArena: 3000);
        large.Load(Workload);
        small.Load(Workload);
        large.RunFully(420);
        small.RunFully(420);
        small.Memory.Blocks.Epoch.ShouldBeGreaterThan(0ul);
        AssertSame(large, small);
    }

    [Fact]
    public void Time_counts_iterations_and_retirement_counts_instructions()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            a.mov(ecx, 10);
            a.mov(edi, (uint)TestMachine.DataAddress);
            a.rep.stosb();
            a.nop();
        });
        m.RunFully(2 + 4);
        (m.State->Gpr[1], m.State->Gpr[7], m.State->Retired).ShouldBe((6ul, TestMachine.DataAddress + 4, 2ul));
        m.RunFully(6);
        (m.State->Gpr[1], m.State->Retired).ShouldBe((0ul, 3ul));
        m.RunFully(1);
        m.State->Retired.ShouldBe(4ul);
    }

    [Fact]
    public void A_store_into_the_running_block_changes_the_next_instruction()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Label patched = a.CreateLabel();
            a.lea(rdx, __[patched]);
            a.mov(__byte_ptr[rdx + 1], 42);
            a.Label(ref patched);
            a.mov(al, 1);
            a.nop();
        });
        m.RunFully(4);
        m.State->Gpr[0].ShouldBe(42ul);
        m.State->Retired.ShouldBe(4ul);
    }

    [Fact]
    public void A_store_into_code_that_ran_before_is_seen_when_it_runs_again()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(
            a =>
            {
                a.mov(al, 1);
                a.ret();
            }, Elsewhere);
        m.Load(a =>
        {
            a.mov(edx, (uint)Elsewhere);
            a.call(rdx);
            a.add(bl, al);
            a.mov(__byte_ptr[rdx + 1], 16);
            a.call(rdx);
            a.add(bl, al);
        });
        m.RunFully(10);
        m.State->Gpr[3].ShouldBe(17ul);
    }

    [Fact]
    public void An_instruction_across_two_pages_follows_stores_to_both_and_changes_of_its_second_page()
    {
        using TestMachine m = TestMachine.Long();
        ulong across = Elsewhere + 0x1000 - 3;
        m.Load(
            a =>
            {
                a.mov(eax, 0x11223344);
                a.ret();
            }, across);
        m.Load(a =>
        {
            a.mov(edx, (uint)across);
            a.call(rdx);
            a.mov(esi, eax);
            a.mov(__byte_ptr[rdx + 1], 0x55);
            a.call(rdx);
            a.mov(edi, eax);
            a.mov(__byte_ptr[rdx + 4], 0x66);
            a.call(rdx);
            a.mov(ebp, eax);
        });
        m.RunFully(15);
        (m.State->Gpr[6], m.State->Gpr[7], m.State->Gpr[5]).ShouldBe((0x11223344ul, 0x11223355ul, 0x66223355ul));

        // The second page is another frame now, with other bytes.
        m.Load(a => a.jmp(rdx), TestMachine.CodeAddress + 0x100);
        m.Write(0x6_0000, 0x77, 0x88, 0xC3);
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + ((Elsewhere >> 12) * 8) + 8, 0x6_0003ul);
        Translations.FlushAll(m.Cpu.Core);
        m.State->Rip = TestMachine.CodeAddress + 0x100;
        m.RunFully(2);
        m.State->Gpr[0].ShouldBe(0x88773355ul);
    }

    [Fact]
    public void A_device_write_into_code_is_seen()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(al, 1);
            a.jmp(again);
        });
        m.RunFully(10);
        m.Write(TestMachine.CodeAddress + 1, 99);
        m.RunFully(2);
        m.State->Gpr[0].ShouldBe(99ul);
    }

    [Fact]
    public void A_store_through_an_alias_of_the_frame_is_seen()
    {
        using TestMachine m = TestMachine.Long();
        m.Memory.Map(0x4000_0000, 0x1000, m.Ram + TestMachine.CodeAddress, MappingRights.Read | MappingRights.Write);
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + (0x7F * 8), 0x4000_0003ul);
        m.Load(a =>
        {
            a.mov(__byte_ptr[0x7F800], 1);
            a.mov(__byte_ptr[0x7F000 + 16 + 1], 42);
            while (a.Instructions.Count < 2)
                a.nop();
            a.mov(al, 1);
        });
        m.RunFully(3);
        m.State->Gpr[0].ShouldBe(42ul);
    }

    [Fact]
    public void Code_written_by_one_processor_is_seen_by_another_of_the_same_memory()
    {
        using TestMachine m = TestMachine.Long();
        using Interpreter other = new(m.Memory, TestMachine.DefaultModel);
        m.Load(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(al, 1);
            a.jmp(again);
        });
        m.Load(a => a.mov(__byte_ptr[TestMachine.CodeAddress + 1], 7), Elsewhere);
        *other.State = *m.State;
        other.State->Rip = Elsewhere;
        other.StateChanged();
        m.RunFully(10);
        ulong now = 0;
        other.Run(ref now, 1).ShouldBe(StopReason.LimitReached);
        m.RunFully(2);
        m.State->Gpr[0].ShouldBe(7ul);
    }

    [Fact]
    public void A_resumed_string_instruction_goes_on_at_full_speed_and_keeps_the_resume_flag_until_it_retires()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a => a.rep.stosb());
        (m.State->Gpr[1], m.State->Gpr[7]) = (10, TestMachine.DataAddress);
        m.State->Rflags |= Rflags.Rf;
        m.RunFully(9);
        (m.State->Gpr[1], m.State->Rflags & Rflags.Rf).ShouldBe((1ul, Rflags.Rf));
        m.RunFully(1);
        (m.State->Gpr[1], m.State->Rflags & Rflags.Rf, m.State->Retired).ShouldBe((0ul, 0ul, 1ul));
    }

    [Fact]
    public void Data_beside_code_is_stored_without_dropping_the_code()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 1000);
            a.Label(ref again);
            a.inc(__dword_ptr[TestMachine.CodeAddress + 0x800]);
            a.dec(ecx);
            a.jnz(again);
        });
        m.RunFully(3001);
        m.ReadMemory<uint>(TestMachine.CodeAddress + 0x800).ShouldBe(1000u);
        m.Memory.Blocks.HasCode(m.Ram + TestMachine.CodeAddress).ShouldBeTrue();
    }

    [Fact]
    public void Instructions_past_the_code_limit_are_general_protection_faults()
    {
        using TestMachine m = TestMachine.Real();
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.State->SegmentLimit[(int)SegmentIndex.Cs] = 4;
        m.Cpu.StateChanged();
        m.Load(a =>
        {
            a.mov(al, 1);
            a.mov(ah, 2);
            a.mov(cl, 3);
        });
        VmExit exit = m.RunToExit();
        (exit.InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
        (m.State->Rip, m.State->Retired, m.State->Gpr[1]).ShouldBe((4ul, 2ul, 0ul));
    }

    [Theory]
    [InlineData(new byte[] { 0x0F, 0x0B }, Vector.Ud)]
    [InlineData(new byte[] { 0xF0, 0x90 }, Vector.Ud)]
    [InlineData(new byte[] { 0xF0, 0x01, 0xC0 }, Vector.Ud)]
    [InlineData(new byte[] { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x01, 0xC0 }, Vector.Gp)]
    [InlineData(new byte[] { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x06 }, Vector.Ud)]
    public void Encodings_that_do_not_exist_raise_what_the_manual_says(byte[] code, byte vector)
    {
        using TestMachine m = TestMachine.Long();
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Write(TestMachine.CodeAddress, code);
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe(vector);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
    }

    [Fact]
    public void Fifteen_bytes_are_not_too_long()
    {
        using TestMachine m = TestMachine.Long();
        m.State->Gpr[0] = 3;
        m.Write(TestMachine.CodeAddress, [.. Enumerable.Repeat((byte)0x66, 13), 0x01, 0xC0]);
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(6ul);
    }

    internal static void AssertSame(TestMachine expected, TestMachine actual)
    {
        (byte[] cpu, byte[] translations, byte[] ram) = expected.Save();
        (byte[] otherCpu, byte[] otherTranslations, byte[] otherRam) = actual.Save();
        otherCpu.AsSpan().SequenceEqual(cpu).ShouldBeTrue("CPU state differs");
        otherTranslations.AsSpan().SequenceEqual(translations).ShouldBeTrue("TLB differs");
        otherRam.AsSpan().SequenceEqual(ram).ShouldBeTrue("memory differs");
    }
}
