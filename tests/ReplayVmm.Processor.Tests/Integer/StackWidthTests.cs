using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>The stack's width is that of the stack segment, not of the code (SDM volume 1, 6.2.3).</summary>
public unsafe class StackWidthTests
{
    [Fact]
    public void A_16_bit_stack_wraps_at_64_KiB_and_keeps_the_upper_half_of_ESP()
    {
        using TestMachine m = SmallStack();
        m.State->Gpr[4] = 0x1234_0000;
        m.State->Gpr[0] = 0xAABB_CCDD;
        m.Load(a =>
        {
            a.push(eax);
            a.pop(ebx);
        });
        m.RunFully(1);
        m.State->Gpr[4].ShouldBe(0x1234_FFFCul);
        m.RunFully(1);
        m.State->Gpr[4].ShouldBe(0x1234_0000ul);
        m.State->Gpr[3].ShouldBe(0xAABB_CCDDul);
    }

    [Fact]
    public void ENTER_and_LEAVE_on_a_16_bit_stack_use_SP_and_BP()
    {
        using TestMachine m = SmallStack();
        m.State->Gpr[4] = 0x5555_8000;
        m.State->Gpr[5] = 0x6666_9000;
        m.WriteMemory(0x8FFCul, 0xDEAD_BEEFu);
        m.Load(a =>
        {
            a.enter(0x10, 2);
            a.leave();
        });
        m.RunFully(1);
        m.ReadMemory<uint>(0x7FFC).ShouldBe(0x6666_9000u);
        m.ReadMemory<uint>(0x7FF8).ShouldBe(0xDEAD_BEEFu);
        m.ReadMemory<uint>(0x7FF4).ShouldBe(0x5555_7FFCu);
        m.State->Gpr[4].ShouldBe(0x5555_7FE4ul);
        m.State->Gpr[5].ShouldBe(0x5555_7FFCul);
        m.RunFully(1);
        m.State->Gpr[4].ShouldBe(0x5555_8000ul);
        m.State->Gpr[5].ShouldBe(0x6666_9000ul);
    }

    [Fact]
    public void PUSHA_and_POPA_in_real_mode_go_through_SP_and_skip_it_on_the_way_back()
    {
        using TestMachine m = TestMachine.Real();
        for (ulong r = 0; r < 8; r++)
            m.State->Gpr[r] = 0x1111_0000 + r;
        m.State->Gpr[4] = 0x7777_4000;
        m.Load(a =>
        {
            a.pusha();
            a.xor(ax, ax);
            a.xor(di, di);
            a.popa();
        });
        m.RunFully(1);
        m.State->Gpr[4].ShouldBe(0x7777_3FF0ul);
        m.ReadMemory<ushort>(0x3FF6).ShouldBe((ushort)0x4000);
        m.ReadMemory<ushort>(0x3FFE).ShouldBe((ushort)0);
        m.ReadMemory<ushort>(0x3FF0).ShouldBe((ushort)7);
        m.RunFully(3);
        m.State->Gpr[4].ShouldBe(0x7777_4000ul);
        m.State->Gpr[7].ShouldBe(0x1111_0007ul);
        m.State->Gpr[0].ShouldBe(0x1111_0000ul);
    }

    [Fact]
    public void POP_to_memory_addressed_by_ESP_uses_the_pointer_after_the_pop()
    {
        using TestMachine m = TestMachine.Protected();
        m.WriteMemory(TestMachine.StackTop, 0x1234_5678u);
        m.Load(a => a.pop(__dword_ptr[esp + 8]));
        m.RunFully(1);
        m.ReadMemory<uint>(TestMachine.StackTop + 12).ShouldBe(0x1234_5678u);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop + 4);
    }

    [Fact]
    public void A_push_beyond_the_limit_of_an_expand_down_stack_is_a_stack_fault_and_changes_nothing()
    {
        using TestMachine m = TestMachine.Protected();
        m.State->SegmentAttributes[(int)SegmentIndex.Ss] |= SegmentAttribute.DownOrConforming;
        m.State->SegmentLimit[(int)SegmentIndex.Ss] = 0xFFFF;
        m.State->Gpr[4] = 0x1_0002;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        m.Load(a => a.push(eax));
        VmExit exit = m.RunToExit();
        (exit.InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Ss);
        exit.InterruptionErrorCode.ShouldBe(0u);
        m.State->Gpr[4].ShouldBe(0x1_0002ul);
    }

    [Fact]
    public void A_push_to_an_address_that_is_not_canonical_is_a_stack_fault()
    {
        using TestMachine m = TestMachine.Long();
        m.State->Gpr[4] = 0x8000_0000_0000_0008;
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Load(a => a.push(rax));
        (m.RunToExit().InterruptionInformation & 0xFF).ShouldBe((uint)Vector.Ss);
    }

    private static TestMachine SmallStack()
    {
        TestMachine m = TestMachine.Protected();
        m.State->SegmentAttributes[(int)SegmentIndex.Ss] &= ~SegmentAttribute.Big;
        m.Cpu.StateChanged();
        return m;
    }
}
