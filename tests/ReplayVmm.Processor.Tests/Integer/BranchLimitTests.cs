namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>Targets of near branches: cut to the operand size, within the limit of CS, canonical.</summary>
public unsafe class BranchLimitTests
{
    [Fact]
    public void A_taken_branch_beyond_the_CS_limit_faults_at_the_branch()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentLimit[(int)SegmentIndex.Cs] = 0x1_0FFF;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        m.Load(a => a.jmp(0x1_1000));
        VmExit exit = m.RunToExit();
        (exit.InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress);
    }

    [Fact]
    public void A_branch_beyond_the_CS_limit_that_is_not_taken_does_not_fault()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentLimit[(int)SegmentIndex.Cs] = 0x1_0FFF;
        m.Cpu.StateChanged();
        m.Load(a => a.je(0x1_1000));
        m.RunFully(1);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + 6);
    }

    [Fact]
    public void A_call_beyond_the_limit_pushes_nothing()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentLimit[(int)SegmentIndex.Cs] = 0x1_0FFF;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        m.Load(a => a.call(0x1_2000));
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Gp);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
        m.ReadMemory<uint>(TestMachine.StackTop - 4).ShouldBe(0u);
    }

    [Fact]
    public void A_16_bit_branch_wraps_within_64_KiB()
    {
        using TestMachine m = TestMachine.Real();
        m.State->Rip = 0xFFF0;
        m.Write(TestMachine.CodeAddress + 0xFFF0, 0xEB, 0x20);
        m.RunFully(1);
        m.State->Rip.ShouldBe(0x12ul);
    }

    [Fact]
    public void LOOP_counts_in_CX_with_16_bit_addresses_and_in_ECX_with_an_address_size_prefix()
    {
        using TestMachine m = TestMachine.Real();
        m.State->Gpr[1] = 0x0001_0001;
        m.Load(a =>
        {
            a.db(0xE2, 0x10);
            a.db(0x67, 0xE2, 0x10);
        });
        m.RunFully(1);
        m.State->Gpr[1].ShouldBe(0x0001_0000ul);
        m.State->Rip.ShouldBe(2ul);
        m.RunFully(1);
        m.State->Gpr[1].ShouldBe(0xFFFFul);
        m.State->Rip.ShouldBe(0x15ul);
    }

    [Fact]
    public void A_call_in_real_mode_pushes_two_bytes_and_RET_takes_them_and_its_immediate()
    {
        using TestMachine m = TestMachine.Real();
        m.Write(TestMachine.CodeAddress, 0xE8, 0x0D, 0x00);
        m.Write(TestMachine.CodeAddress + 0x10, 0xC2, 0x04, 0x00);
        m.RunFully(1);
        m.State->Rip.ShouldBe(0x10ul);
        m.State->Gpr[4].ShouldBe(0x7FFEul);
        m.ReadMemory<ushort>(0x7FFE).ShouldBe((ushort)3);
        m.RunFully(1);
        m.State->Rip.ShouldBe(3ul);
        m.State->Gpr[4].ShouldBe(0x8004ul);
    }
}
