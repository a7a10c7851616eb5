using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Loads of segment registers (SDM volume 2, MOV, POP, LDS; volume 3, 5.4).</summary>
public sealed unsafe class SegmentLoadTests
{
    [Fact]
    public void A_real_mode_load_changes_selector_and_base_and_keeps_the_limit()
    {
        using var m = TestMachine.Real();
        m.State->SegmentLimit[(int)SegmentIndex.Fs] = uint.MaxValue;
        m.RunToHlt(a =>
        {
            a.mov(ax, 0x1234);
            a.mov(fs, ax);
            a.hlt();
        });
        m.State->SegmentSelector[(int)SegmentIndex.Fs].ShouldBe((ushort)0x1234);
        m.State->SegmentBase[(int)SegmentIndex.Fs].ShouldBe(0x12340ul);
        m.State->SegmentLimit[(int)SegmentIndex.Fs].ShouldBe(uint.MaxValue);
    }

    [Fact]
    public void A_data_segment_is_loaded_from_its_descriptor_and_marked_accessed()
    {
        using var m = TestMachine.Protected().WithTables();
        m.SetDescriptor(Data16, Segment(0x12, 0, 0x12345678, 0x00FFF, 0));
        m.RunToHlt(a =>
        {
            a.mov(eax, Data16);
            a.mov(es, eax);
            a.hlt();
        });
        m.State->SegmentBase[(int)SegmentIndex.Es].ShouldBe(0x12345678ul);
        m.State->SegmentLimit[(int)SegmentIndex.Es].ShouldBe(0xFFFu);
        m.State->SegmentAttributes[(int)SegmentIndex.Es].ShouldBe(0x93u);
        m.ReadMemory<byte>(Gdt + Data16 + 5).ShouldBe((byte)0x93);
    }

    [Fact]
    public void A_null_selector_makes_a_data_segment_unusable_and_its_use_faults()
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.xor(eax, eax);
            a.mov(ds, eax);
            a.mov(ebx, __dword_ptr[0x3000]);
        });
        m.State->SegmentAttributes[(int)SegmentIndex.Ds].ShouldBe(SegmentAttribute.Unusable);
    }

    [Theory]
    [InlineData(0, Vector.Gp, 0u)]
    [InlineData(Limit, Vector.Gp, (uint)Limit)]
    [InlineData(Data | 1, Vector.Gp, (uint)Data)]
    [InlineData(UserData, Vector.Gp, 0x20u)]
    [InlineData(ReadOnly, Vector.Gp, (uint)ReadOnly)]
    [InlineData(Code, Vector.Gp, (uint)Code)]
    [InlineData(AbsentData, Vector.Ss, (uint)AbsentData)]
    [InlineData(4, Vector.Gp, 4u)]
    public void A_bad_stack_selector_faults_as_the_manual_says(int selector, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(vector, errorCode, a =>
        {
            a.mov(eax, selector);
            a.mov(ss, eax);
        });
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe((ushort)0x10);
    }

    [Theory]
    [InlineData(Limit, Vector.Gp, (uint)Limit)]
    [InlineData(Limit - 8 + 4, Vector.Gp, (uint)Limit - 8 + 4)]
    [InlineData(Data | 3, Vector.Gp, (uint)Data)]
    [InlineData(ExecuteOnly, Vector.Gp, (uint)ExecuteOnly)]
    [InlineData(TaskSelector, Vector.Gp, (uint)TaskSelector)]
    [InlineData(AbsentData, Vector.Np, (uint)AbsentData)]
    public void A_bad_data_selector_faults_as_the_manual_says(int selector, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(vector, errorCode, a =>
        {
            a.mov(eax, selector);
            a.mov(gs, eax);
        });
    }

    [Fact]
    public void A_user_program_may_load_conforming_code_of_level_0_but_no_data_of_it()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.ShouldFault(Vector.Gp, Data, a =>
        {
            a.mov(eax, Conforming);
            a.mov(fs, eax);
            a.mov(eax, Data);
            a.mov(es, eax);
        });
        m.State->SegmentSelector[(int)SegmentIndex.Fs].ShouldBe(Conforming);
    }

    [Fact]
    public void A_stack_segment_load_shadows_interrupts_for_one_instruction()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Load(a =>
        {
            a.mov(eax, Data);
            a.mov(ss, eax);
            a.nop();
            a.nop();
        });
        m.Run(2);
        m.State->Interruptibility.ShouldBe(InterruptibilityState.BlockedByMovSs);
        m.Run(1);
        m.State->Interruptibility.ShouldBe(0u);
    }

    [Fact]
    public void A_pop_of_a_segment_moves_the_stack_only_when_it_succeeds()
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(Vector.Np, AbsentData, a =>
        {
            a.push(AbsentData);
            a.pop(ds);
        });
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop - 4);
        m.State->SegmentSelector[(int)SegmentIndex.Ds].ShouldBe(Data);
    }

    [Fact]
    public void A_far_pointer_load_sets_segment_and_register()
    {
        using var m = TestMachine.Protected().WithTables();
        m.WriteMemory(TestMachine.DataAddress, 0xCAFEBABEu);
        m.WriteMemory(TestMachine.DataAddress + 4, Data16);
        m.RunToHlt(a =>
        {
            a.les(edi, __[(int)TestMachine.DataAddress]);
            a.hlt();
        });
        m.State->Gpr[7].ShouldBe(0xCAFEBABEul);
        m.State->SegmentSelector[(int)SegmentIndex.Es].ShouldBe(Data16);
    }

    [Fact]
    public void A_null_stack_is_allowed_in_64_bit_mode_below_level_3()
    {
        using var m = TestMachine.Long().WithTables();
        m.RunToHlt(a =>
        {
            a.xor(eax, eax);
            a.mov(ss, eax);
            a.push(rax);
            a.hlt();
        });
        m.State->SegmentAttributes[(int)SegmentIndex.Ss].ShouldBe(SegmentAttribute.Unusable);
    }

    [Fact]
    public void Segments_of_the_ldt_need_an_ldt()
    {
        using var m = TestMachine.Protected().WithTables();
        m.WriteMemory(LdtAddress + 8, Segment(0x13, 0, 0xABC0000));
        m.RunToHlt(a =>
        {
            a.mov(eax, LdtSelector);
            a.lldt(ax);
            a.mov(eax, 0xC);
            a.mov(fs, eax);
            a.hlt();
        });
        m.State->SegmentBase[(int)SegmentIndex.Fs].ShouldBe(0xABC0000ul);
        using var other = TestMachine.Protected().WithTables();
        other.ShouldFault(Vector.Gp, 0xC, a =>
        {
            a.mov(eax, 0xC);
            a.mov(fs, eax);
        });
    }

    [Theory]
    [InlineData(Data, true, 0xCF9300u, 0xFFFFFFFFu)]
    [InlineData(UserData, true, 0xCFF300u, 0xFFFFFFFFu)]
    [InlineData(LdtSelector, true, 0x008200u, 0xFFu)]
    [InlineData(0, false, 0u, 0u)]
    [InlineData(Data | 3, false, 0u, 0u)]
    [InlineData(Limit, false, 0u, 0u)]
    public void Lar_and_lsl_answer_in_zf_and_never_fault(int selector, bool visible, uint rights, uint limit)
    {
        using var m = TestMachine.Protected().WithTables();
        m.RunToHlt(a =>
        {
            a.mov(eax, selector);
            a.mov(ebx, 0x55);
            a.mov(ecx, 0x55);
            a.lar(ebx, eax);
            a.setz(dl);
            a.lsl(ecx, eax);
            a.setz(dh);
            a.hlt();
        });
        ((ushort)m.State->Gpr[2]).ShouldBe(visible ? (ushort)0x101 : (ushort)0);
        // The limit's bits in the answer of LAR are not defined by the manual.
        ((uint)m.State->Gpr[3] & 0xF0FF00).ShouldBe(visible ? rights & 0xF0FF00 : 0x55u & 0xF0FF00);
        ((uint)m.State->Gpr[1]).ShouldBe(visible ? limit : 0x55);
    }

    [Fact]
    public void Verw_refuses_read_only_data_and_arpl_raises_the_requested_level()
    {
        using var m = TestMachine.Protected().WithTables();
        m.RunToHlt(a =>
        {
            a.mov(eax, ReadOnly);
            a.verr(ax);
            a.setz(bl);
            a.verw(ax);
            a.setz(bh);
            a.mov(ecx, Data);
            a.mov(edx, 3);
            a.arpl(cx, dx);
            a.setz(al);
            a.hlt();
        });
        ((ushort)m.State->Gpr[3]).ShouldBe((ushort)0x0001);
        ((ushort)m.State->Gpr[1]).ShouldBe((ushort)(Data | 3));
        ((byte)m.State->Gpr[0]).ShouldBe((byte)1);
    }

    [Fact]
    public void Umip_hides_the_tables_from_user_programs()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.State->Cr4 |= Cr4.Umip;
        m.ShouldFault(Vector.Gp, 0, a => a.sgdt(__[(int)TestMachine.DataAddress]));
        m.Load(a => a.smsw(eax));
        m.State->Rip = TestMachine.CodeAddress;
        m.ShouldFault(Vector.Gp, 0);
    }

    [Fact]
    public void Ltr_marks_the_task_busy_and_refuses_a_busy_one()
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(Vector.Gp, OtherTask, a =>
        {
            a.mov(eax, OtherTask);
            a.ltr(ax);
            a.ltr(ax);
        });
        m.State->SegmentSelector[(int)SegmentIndex.Tr].ShouldBe(OtherTask);
        m.ReadMemory<byte>(Gdt + OtherTask + 5).ShouldBe((byte)0x8B);
    }
}
