using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// What the judge of silicon cannot reach from a user program: images of real-address mode (SDM volume 1, figures 8-10 and 8-12), exceptions and where they are delivered,
/// faults in the middle of an image, FXSAVE.
/// </summary>
public sealed unsafe class X87EnvironmentTests
{
    private const ulong Operand = 0x2100, Image = 0x2200;
    private const ushort UnmaskedDivision = 0x37B, DivisionWaits = 0x8084;

    [Fact]
    public void In_real_address_mode_the_short_image_holds_linear_addresses_of_20_bits()
    {
        using TestMachine m = RunInRealMode(0xD9, 0x34);
        Words(m, 7).ShouldBe([0x037F, 0x3800, 0x3FFF, 0x0004, 0x1007, 0x2100, 0x0000]);
    }

    [Fact]
    public void In_real_address_mode_the_long_image_holds_linear_addresses_of_32_bits()
    {
        using TestMachine m = RunInRealMode(0x66, 0xD9, 0x34);
        Words(m, 14).ShouldBe([0x037F, 0xFFFF, 0x3800, 0xFFFF, 0x3FFF, 0xFFFF, 0x0004, 0xFFFF, 0x1007, 0x0000, 0x2100, 0xFFFF, 0x0000, 0x0000]);
    }

    [Theory]
    [InlineData(0xD9, 0x24)]
    [InlineData(0x66, 0xD9, 0x24)]
    public void An_image_of_real_address_mode_is_loaded_again_as_addresses_without_selectors(params int[] load)
    {
        using TestMachine m = RunInRealMode([.. load.SkipLast(1).Select(b => (byte)b), 0x34]);
        m.State->FpInstruction = m.State->FpData = 0;
        m.Write(TestMachine.CodeAddress + 0x40, [.. load.Select(b => (byte)b)]);
        m.State->Rip = 0x40;
        m.RunFully(1);
        (m.State->FpInstruction, m.State->FpCodeSelector, m.State->FpOpcode).ShouldBe((0x1_0004ul, (ushort)0, (ushort)7));
        (m.State->FpData, m.State->FpDataSelector, m.State->FpTags).ShouldBe((Operand, (ushort)0, (ushort)0x80));
    }

    [Fact]
    public void An_unmasked_exception_is_delivered_by_the_next_waiting_instruction()
    {
        using TestMachine m = TestMachine.Long();
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.State->FpControl = UnmaskedDivision;
        int length = m.Load(a =>
        {
            a.fldz();
            a.fld1();
            a.fdiv(st0, st1);
            a.fnstsw(ax);
            a.fnstcw(__word_ptr[TestMachine.DataAddress]);
            a.fnop();
        });
        m.RunToExit().Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        ((byte)m.Cpu.Exit.InterruptionInformation).ShouldBe(Vector.Mf);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + (ulong)length - 2);
        (m.State->Gpr[0] & DivisionWaits).ShouldBe(DivisionWaits);
        // The quotient was not stored: 1 is still there.
        (m.State->FpSignExponent[6], m.State->FpSignificand[6]).ShouldBe(((ushort)0x3FFF, 1ul << 63));
    }

    [Fact]
    public void An_exception_waits_until_it_is_unmasked_and_no_longer_than_it_is_cleared()
    {
        using TestMachine m = TestMachine.Long();
        m.State->FpControl = 0x37F;
        m.WriteMemory(TestMachine.DataAddress, UnmaskedDivision);
        m.Load(a =>
        {
            a.fldz();
            a.fld1();
            a.fdiv(st0, st1);
            a.fldcw(__word_ptr[TestMachine.DataAddress]);
            a.fnclex();
            a.wait();
        });
        m.RunFully(4);
        (m.State->FpStatus & DivisionWaits).ShouldBe(DivisionWaits);
        m.RunFully(2);
        (m.State->FpStatus & 0x80FF).ShouldBe(0);
    }

    [Theory]
    [InlineData(Cr0.Ts, true, false)]
    [InlineData(Cr0.Em, true, false)]
    [InlineData(Cr0.Ts | Cr0.Mp, true, true)]
    [InlineData(Cr0.Em | Cr0.Mp, true, false)]
    public void Cr0_makes_the_unit_unavailable(ulong bits, bool instructions, bool wait)
    {
        foreach ((byte[] code, bool faults) in ((byte[], bool)[])[([0xD9, 0xE8], instructions), ([0x9B], wait), ([0xDF, 0xE0], instructions), ([0x0F, 0xAE, 0x00], instructions)])
        {
            using TestMachine m = TestMachine.Long();
            m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
            m.State->Cr0 |= bits;
            m.State->Gpr[0] = TestMachine.DataAddress;
            m.Cpu.StateChanged();
            m.Write(TestMachine.CodeAddress, code);
            StopReason reason = m.Run(1);
            reason.ShouldBe(faults ? StopReason.VmExit : StopReason.LimitReached);
            if (faults)
                ((byte)m.Cpu.Exit.InterruptionInformation).ShouldBe(Vector.Nm);
        }
    }

    [Theory]
    [InlineData(Cr0.Em, Vector.Ud)]
    [InlineData(Cr0.Ts, Vector.Nm)]
    [InlineData(0, Vector.Mf)]
    public void Mmx_is_undefined_where_x87_is_emulated_and_waits_for_its_exceptions(ulong bits, byte vector)
    {
        using TestMachine m = TestMachine.Long();
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.State->Cr0 |= bits;
        (m.State->FpControl, m.State->FpStatus) = (UnmaskedDivision, DivisionWaits);
        m.Cpu.StateChanged();
        m.Load(a => a.paddb(mm0, mm1));
        m.RunToExit().Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        ((byte)m.Cpu.Exit.InterruptionInformation).ShouldBe(vector);
    }

    [Theory]
    [InlineData(0xDD, 0x30, 80)]
    [InlineData(0xD9, 0x30, 20)]
    [InlineData(0xDF, 0x30, 4)]
    public void A_store_that_meets_a_missing_page_leaves_nothing_behind(byte opcode, byte modrm, int before)
    {
        using TestMachine m = TestMachine.Long();
        const ulong missing = 0x5_0000;
        m.WriteMemory(TestMachine.TablesAddress + 0x3000 + ((missing >> 12) * 8), 0ul);
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        m.Write(missing - 128, [.. Enumerable.Repeat((byte)0x5A, 128)]);
        m.State->FpControl = 0x37F;
        m.State->FpTags = 0xFF;
        m.State->Gpr[0] = missing - (ulong)before;
        m.Write(TestMachine.CodeAddress, opcode, modrm);
        byte[] state = m.Save().Cpu;
        ((byte)m.RunToExit().InterruptionInformation).ShouldBe(Vector.Pf);
        m.Cpu.Exit.Qualification.ShouldBe(missing);
        m.Save().Cpu.ShouldBe(state);
        new ReadOnlySpan<byte>(m.Ram + missing - 128, 128).ContainsAnyExcept((byte)0x5A).ShouldBeFalse();
    }

    [Fact]
    public void Where_alignment_is_checked_only_the_image_as_a_whole_is()
    {
        using TestMachine m = TestMachine.Long(user: true).WithTables().AsUser();
        m.State->Cr0 |= Cr0.Am;
        m.State->Rflags |= Rflags.Ac;
        m.Cpu.StateChanged();
        (m.State->FpControl, m.State->FpSignificand[3], m.State->Gpr[0]) = (0x37F, 0x0123_4567_89AB_CDEF, TestMachine.DataAddress);
        m.Write(TestMachine.CodeAddress, [0xDD, 0x30, 0xDD, 0x20, 0xDD, 0x30]);
        m.RunFully(2);
        m.ReadMemory<ulong>(TestMachine.DataAddress + 28 + 30).ShouldBe(0x0123_4567_89AB_CDEFul);
        m.State->FpSignificand[3].ShouldBe(0x0123_4567_89AB_CDEFul);
        m.State->Gpr[0] += 2;
        m.ShouldFault(Vector.Ac, 0);
    }

    [Fact]
    public void Fxsave_needs_an_aligned_image_and_a_model_that_has_it()
    {
        using TestMachine m = TestMachine.Long();
        m.State->Gpr[0] = TestMachine.DataAddress + 8;
        m.ShouldFault(Vector.Gp, 0, a => a.fxsave(__[rax]));
        using TestMachine bare = TestMachine.Long(model: CpuModel.V1.Without(CpuFeature.Fxsr));
        bare.State->Gpr[0] = TestMachine.DataAddress;
        bare.ShouldFault(Vector.Ud, null, a => a.fxsave(__[rax]));
    }

    [Fact]
    public void The_64_bit_form_of_fxsave_keeps_whole_addresses()
    {
        using TestMachine m = TestMachine.Long();
        (m.State->FpInstruction, m.State->FpData) = (0xFFFF_8000_1234_5678, 0x7FFF_0000_0000_0010);
        (m.State->Gpr[0], m.State->FpControl, m.State->FpTags) = (TestMachine.DataAddress, 0x37F, 0x81);
        m.Load(a =>
        {
            a.fxsave64(__[rax]);
            a.fninit();
            a.fxrstor64(__[rax]);
        });
        m.RunFully(2);
        m.State->FpInstruction.ShouldBe(0ul);
        m.ReadMemory<byte>(TestMachine.DataAddress + 4).ShouldBe((byte)0x81);
        m.RunFully(1);
        (m.State->FpInstruction, m.State->FpData, m.State->FpTags).ShouldBe((0xFFFF_8000_1234_5678, 0x7FFF_0000_0000_0010ul, (ushort)0x81));
    }

    /// <summary>FNINIT, FLD1, FADD DWORD PTR [BX] at 1000:0004, then <paramref name="store"/> to [SI]; DS is 200h.</summary>
    private static TestMachine RunInRealMode(params byte[] store)
    {
        TestMachine m = TestMachine.Real();
        m.State->SegmentSelector[(int)SegmentIndex.Ds] = 0x200;
        m.State->SegmentBase[(int)SegmentIndex.Ds] = 0x2000;
        m.Cpu.StateChanged();
        (m.State->Gpr[3], m.State->Gpr[6]) = (Operand - 0x2000, Image - 0x2000);
        m.Write(TestMachine.CodeAddress, [0xDB, 0xE3, 0xD9, 0xE8, 0xD8, 0x07, .. store]);
        m.RunFully(4);
        return m;
    }

    private static ushort[] Words(TestMachine m, int count) => [.. Enumerable.Range(0, count).Select(n => m.ReadMemory<ushort>(Image + (ulong)(2 * n)))];
}
