using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>What the judge in <c>Silicon/</c> found, kept where no x86-64 processor is at hand to find it again.</summary>
public unsafe class SiliconFindingTests
{
    private const ulong NotCanonical = 0x0000_8000_0000_0000;

    [Fact]
    public void A_REX_prefix_in_front_of_another_prefix_does_not_hide_it()
    {
        using TestMachine m = TestMachine.Long();
        m.State->Gpr[1] = 0xFFFF_0000_0000_0000 | TestMachine.DataAddress;
        // REX.X, 67, REX.R, ADC [ECX+1], R8D
        m.Write(TestMachine.CodeAddress, 0x42, 0x67, 0x44, 0x11, 0x41, 0x01);
        m.State->Gpr[8] = 0x1234_5678;
        m.RunFully(1);
        m.ReadMemory<uint>(TestMachine.DataAddress + 1).ShouldBe(0x1234_5678u);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 6);
    }

    [Fact]
    public void A_REX_W_that_another_prefix_follows_does_not_widen_the_operand()
    {
        using TestMachine m = TestMachine.Long();
        m.State->Gpr[0] = ulong.MaxValue;
        // REX.W, 3E, INC EAX
        m.Write(TestMachine.CodeAddress, 0x48, 0x3E, 0xFF, 0xC0);
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(0ul);
        m.State->Gpr[0] = uint.MaxValue;
        m.Write(TestMachine.CodeAddress + 4, 0x3E, 0x48, 0xFF, 0xC0);
        m.RunFully(1);
        m.State->Gpr[0].ShouldBe(0x1_0000_0000ul);
    }

    [Theory]
    [InlineData(new byte[] { 0x36, 0x8B, 0x01 }, Vector.Gp)]
    [InlineData(new byte[] { 0x3E, 0x8B, 0x45, 0x00 }, Vector.Ss)]
    [InlineData(new byte[] { 0x8B, 0x45, 0x00 }, Vector.Ss)]
    [InlineData(new byte[] { 0x65, 0x8B, 0x45, 0x00 }, Vector.Gp)]
    [InlineData(new byte[] { 0x36, 0xAC }, Vector.Gp)]
    public void In_64_bit_mode_the_base_register_and_not_an_override_makes_a_fault_one_of_the_stack(byte[] code, byte vector)
    {
        using TestMachine m = Catching(TestMachine.Long());
        (m.State->Gpr[1], m.State->Gpr[5], m.State->Gpr[6]) = (NotCanonical, NotCanonical, NotCanonical);
        m.Write(TestMachine.CodeAddress, code);
        VectorOf(m.RunToExit()).ShouldBe(vector);
    }

    [Fact]
    public void F3_90_with_REX_B_exchanges_R8_and_is_no_PAUSE()
    {
        using TestMachine m = TestMachine.Long();
        (m.State->Gpr[0], m.State->Gpr[8]) = (0x1111_2222_3333_4444, 0x5555_6666_7777_8888);
        m.Write(TestMachine.CodeAddress, 0xF3, 0x49, 0x90, 0xF3, 0x41, 0x90, 0x66, 0xF3, 0x41, 0x90);
        m.RunFully(1);
        (m.State->Gpr[0], m.State->Gpr[8]).ShouldBe((0x5555_6666_7777_8888ul, 0x1111_2222_3333_4444ul));
        m.RunFully(1);
        (m.State->Gpr[0], m.State->Gpr[8]).ShouldBe((0x3333_4444ul, 0x7777_8888ul));
        m.RunFully(1);
        (m.State->Gpr[0], m.State->Gpr[8]).ShouldBe((0x3333_8888ul, 0x7777_4444ul));
    }

    [Theory]
    [InlineData(12, 0xF0, Vector.Ud)]
    [InlineData(13, 0xF0, Vector.Gp)]
    [InlineData(13, 0x3E, Vector.Gp)]
    public void Length_is_looked_at_before_LOCK(int prefixes, byte last, byte vector)
    {
        using TestMachine m = Catching(TestMachine.Long());
        m.Write(TestMachine.CodeAddress, [.. Enumerable.Repeat((byte)0x66, prefixes), last, 0x01, 0xC0]);
        VectorOf(m.RunToExit()).ShouldBe(vector);
    }

    [Fact]
    public void An_alignment_check_comes_behind_a_general_protection_fault_and_before_a_page_fault()
    {
        using TestMachine m = Catching(TestMachine.Long(user: true));
        m.EnterUser();
        m.State->Cr0 |= Cr0.Am;
        m.State->Rflags |= Rflags.Ac;
        m.Cpu.StateChanged();
        m.Load(a => a.mov(AssemblerRegisters.eax, AssemblerRegisters.__[AssemblerRegisters.rcx]));
        foreach ((ulong address, byte vector) in (ReadOnlySpan<(ulong, byte)>)[
            (TestMachine.DataAddress + 1, Vector.Ac), (0x7000_0000_0001, Vector.Ac), (0x7000_0000_0000, Vector.Pf), (NotCanonical + 1, Vector.Gp), (NotCanonical - 3, Vector.Gp)])
        {
            m.State->Gpr[1] = address;
            VectorOf(m.RunToExit()).ShouldBe(vector);
        }
        m.State->Gpr[1] = TestMachine.DataAddress;
        m.RunFully(1);
    }

    [Fact]
    public void BOUND_needs_no_more_than_the_alignment_of_one_bound()
    {
        using TestMachine m = Catching(TestMachine.Protected());
        m.EnterUser();
        m.State->Cr0 |= Cr0.Am;
        m.State->Rflags |= Rflags.Ac;
        m.Cpu.StateChanged();
        m.State->Gpr[0] = 5;
        m.WriteMemory(TestMachine.DataAddress + 2, 0x0007_0003u);
        // BOUND AX, [30002h]
        m.Write(TestMachine.CodeAddress, 0x66, 0x62, 0x05, 0x02, 0x00, 0x03, 0x00);
        m.RunFully(1);
    }

    [Fact]
    public void ENTER_takes_all_of_ESP_as_frame_pointer_on_a_16_bit_stack()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentAttributes[(int)SegmentIndex.Ss] &= ~SegmentAttribute.Big;
        m.State->Gpr[4] = 0x0005_8000;
        m.State->Gpr[5] = 0xAAAA_BBBB;
        m.Cpu.StateChanged();
        m.Write(TestMachine.CodeAddress, 0xC8, 0x10, 0x00, 0x01);
        m.RunFully(1);
        m.State->Gpr[5].ShouldBe(0x0005_7FFCul);
        m.State->Gpr[4].ShouldBe(0x0005_7FE8ul);
        m.ReadMemory<uint>(0x7FFC).ShouldBe(0xAAAA_BBBBu);
        m.ReadMemory<uint>(0x7FF8).ShouldBe(0x0005_7FFCu);
    }

    [Theory]
    [InlineData(new byte[] { 0xCC }, Vector.Bp, 6)]
    [InlineData(new byte[] { 0xCE }, Vector.Of, 6)]
    [InlineData(new byte[] { 0xF1 }, Vector.Db, 5)]
    public void Instructions_that_are_exceptions_exit_where_the_exception_bitmap_says_so(byte[] code, byte vector, int type)
    {
        using TestMachine m = Catching(TestMachine.Protected());
        m.State->Rflags |= Rflags.Of;
        m.Write(TestMachine.CodeAddress, code);
        VmExit exit = m.RunToExit();
        (exit.Reason, VectorOf(exit), (int)(exit.InterruptionInformation >> 8) & 7, exit.InstructionLength).ShouldBe((ExitReason.ExceptionOrNmi, vector, type, (byte)1));
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
    }

    [Fact]
    public void ARPL_writes_only_where_it_raises_the_privilege_level()
    {
        using TestMachine m = Catching(TestMachine.Protected());
        m.State->SegmentAttributes[(int)SegmentIndex.Ds] &= ~SegmentAttribute.ReadWrite;
        m.Cpu.StateChanged();
        m.WriteMemory(TestMachine.DataAddress, (ushort)0x12);
        m.State->Gpr[1] = TestMachine.DataAddress;
        m.State->Gpr[0] = 2;
        m.Write(TestMachine.CodeAddress, 0x63, 0x01, 0x63, 0x01);
        m.RunFully(1);
        m.State->Gpr[0] = 3;
        VectorOf(m.RunToExit()).ShouldBe(Vector.Gp);
    }

    private static TestMachine Catching(TestMachine m)
    {
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        return m;
    }

    private static byte VectorOf(VmExit exit) => (byte)exit.InterruptionInformation;
}
