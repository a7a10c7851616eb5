namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>REP: faults and time limits in the middle, overlaps, address sizes (SDM volume 2, REP).</summary>
public unsafe class StringTests
{
    private const ulong Data = TestMachine.DataAddress;

    [Fact]
    public void REP_MOVS_stops_at_the_limit_after_whole_iterations_and_goes_on()
    {
        using TestMachine m = TestMachine.Long();
        (m.State->Gpr[1], m.State->Gpr[6], m.State->Gpr[7]) = (100, Data, Data + 0x1000);
        for (ulong n = 0; n < 100; n++)
            m.WriteMemory(Data + (n * 8), n + 1);
        m.Load(a => a.rep.movsq());
        m.RunFully(30);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
        m.State->Retired.ShouldBe(0ul);
        m.State->Gpr[1].ShouldBe(70ul);
        m.State->Gpr[6].ShouldBe(Data + 240);
        m.ReadMemory<ulong>(Data + 0x1000 + (29 * 8)).ShouldBe(30ul);
        m.ReadMemory<ulong>(Data + 0x1000 + (30 * 8)).ShouldBe(0ul);
        m.RunFully(70);
        m.State->Retired.ShouldBe(1ul);
        m.State->Gpr[1].ShouldBe(0ul);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 3);
        m.ReadMemory<ulong>(Data + 0x1000 + (99 * 8)).ShouldBe(100ul);
    }

    [Fact]
    public void REP_STOS_across_a_missing_page_leaves_the_registers_at_the_iteration_that_faulted()
    {
        using TestMachine m = TestMachine.Long();
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + (((Data >> 12) + 1) * 8), 0ul);
        (m.State->Gpr[0], m.State->Gpr[1], m.State->Gpr[7]) = (0x41, 5000, Data + 8);
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Load(a => a.rep.stosb());
        VmExit exit = m.RunToExit();
        (exit.InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Pf);
        exit.Qualification.ShouldBe(Data + 0x1000);
        m.State->Gpr[7].ShouldBe(Data + 0x1000);
        m.State->Gpr[1].ShouldBe(5000ul - 4088);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
        m.ReadMemory<byte>(Data + 0xFFF).ShouldBe((byte)0x41);
        m.Now.ShouldBe(4088ul);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(-5)]
    public void Overlapping_REP_MOVS_copies_element_by_element(int distance)
    {
        foreach (bool down in (bool[])[false, true])
        {
            using TestMachine m = TestMachine.Long();
            byte[] expected = new byte[512];
            for (int n = 0; n < expected.Length; n++)
                expected[n] = (byte)(n * 7);
            m.Write(Data, expected);
            int from = down ? 300 : 100, to = from + distance;
            for (int n = 0; n < 100; n++)
            {
                int at = down ? -2 * n : 2 * n;
                (byte low, byte high) = (expected[from + at], expected[from + at + 1]);
                (expected[to + at], expected[to + at + 1]) = (low, high);
            }
            (m.State->Gpr[1], m.State->Gpr[6], m.State->Gpr[7]) = (100, Data + (ulong)from, Data + (ulong)to);
            if (down)
                m.State->Rflags |= Rflags.Df;
            m.Load(a => a.rep.movsw());
            m.RunFully(100);
            byte[] actual = new byte[512];
            m.Memory.TryRead(Data, actual).ShouldBeTrue();
            actual.ShouldBe(expected);
        }
    }

    [Fact]
    public void REP_MOVS_over_its_own_code_runs_the_new_code()
    {
        using TestMachine m = TestMachine.Long();
        m.Write(Data, 0x90, 0xB0, 0x07);
        (m.State->Gpr[1], m.State->Gpr[6], m.State->Gpr[7]) = (3, Data, TestMachine.CodeAddress + 2);
        m.Write(TestMachine.CodeAddress, 0xF3, 0xA4, 0x90, 0xB0, 0x01);
        m.RunFully(3);
        m.RunFully(2);
        m.State->Gpr[0].ShouldBe(7ul);
    }

    [Fact]
    public void A_16_bit_string_instruction_wraps_SI_and_faults_where_an_element_crosses_the_limit()
    {
        using TestMachine m = TestMachine.Real();
        m.WriteMemory(0xFFFEul, (ushort)0x1234);
        (m.State->Gpr[6], m.State->Gpr[1]) = (0x9999_FFFE, 2);
        m.Load(a => a.rep.lodsw());
        m.RunFully(1);
        m.State->Gpr[6].ShouldBe(0x9999_0000ul);
        ((ushort)m.State->Gpr[0]).ShouldBe((ushort)0x1234);
        m.State->Gpr[6] = 0xFFFF;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
        m.State->Gpr[6].ShouldBe(0xFFFFul);
        ((ushort)m.State->Gpr[1]).ShouldBe((ushort)1);
    }

    [Fact]
    public void STOS_into_a_read_only_segment_faults_with_a_segment_override_for_nothing()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentAttributes[(int)SegmentIndex.Es] &= ~SegmentAttribute.ReadWrite;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        (m.State->Gpr[1], m.State->Gpr[7]) = (4, Data);
        m.Load(a => a.db(0x3E, 0xF3, 0xAB));
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
        m.State->Gpr[1].ShouldBe(4ul);
    }

    [Fact]
    public void REPE_CMPS_stops_at_the_difference_with_its_flags()
    {
        using TestMachine m = TestMachine.Long();
        m.Write(Data, 1, 2, 3, 4);
        m.Write(Data + 0x100, 1, 2, 9, 4);
        (m.State->Gpr[1], m.State->Gpr[6], m.State->Gpr[7]) = (4, Data, Data + 0x100);
        m.Load(a => a.repe.cmpsb());
        m.RunFully(3);
        m.State->Gpr[1].ShouldBe(1ul);
        (m.State->Rflags & (Rflags.Zf | Rflags.Cf)).ShouldBe(Rflags.Cf);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 2);
    }
}
