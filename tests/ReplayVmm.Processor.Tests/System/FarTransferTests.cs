using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>Far JMP, CALL, RETF and call gates (SDM volume 2; volume 3, 5.8).</summary>
public sealed unsafe class FarTransferTests
{
    private const uint Pointer = (uint)TestMachine.DataAddress;

    private static void SetPointer(TestMachine m, uint offset, ushort selector)
    {
        m.WriteMemory(Pointer, offset);
        m.WriteMemory(Pointer + 4, selector);
    }

    [Fact]
    public void A_far_jump_loads_code_and_mode()
    {
        using var m = TestMachine.Protected().WithTables();
        SetPointer(m, 0x1800, Code16);
        m.Write(0x1800, TestMachine.Assemble(16, 0x1800, a =>
        {
            a.mov(eax, 0x12345678);
            a.hlt();
        }));
        m.RunToHlt(a => a.jmp(__fword_ptr[(int)Pointer]));
        m.State->Gpr[0].ShouldBe(0x12345678ul);
        m.State->SegmentSelector[(int)SegmentIndex.Cs].ShouldBe(Code16);
        m.State->SegmentLimit[(int)SegmentIndex.Cs].ShouldBe(0xFFFFu);
    }

    [Theory]
    [InlineData(0, Vector.Gp, 0u)]
    [InlineData(Limit, Vector.Gp, (uint)Limit)]
    [InlineData(Data, Vector.Gp, (uint)Data)]
    [InlineData(UserCode, Vector.Gp, 0x18u)]
    [InlineData(AbsentCode, Vector.Np, (uint)AbsentCode)]
    [InlineData(LdtSelector, Vector.Gp, (uint)LdtSelector)]
    [InlineData(TaskSelector, Vector.Gp, (uint)TaskSelector)]
    [InlineData(SmallCode, Vector.Gp, 0u)]
    public void A_far_jump_checks_its_target(int selector, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables();
        SetPointer(m, 0x1800, (ushort)selector);
        m.ShouldFault(vector, errorCode, a => a.jmp(__fword_ptr[(int)Pointer]));
    }

    [Fact]
    public void A_far_call_to_conforming_code_keeps_the_level_and_returns()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        SetPointer(m, Handler, Conforming);
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.mov(ebx, cs);
            a.retf();
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.call(__fword_ptr[(int)Pointer]);
            a.hlt();
        });
        m.State->Gpr[3].ShouldBe(Conforming | 3ul);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
        m.State->SegmentSelector[(int)SegmentIndex.Cs].ShouldBe(UserCode);
    }

    [Fact]
    public void A_call_gate_switches_stacks_copies_parameters_and_retf_releases_both()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, 3, Code, Handler, low: 2));
        SetPointer(m, 0xDEAD, CallGate | 3);
        m.Write(Handler, TestMachine.Assemble(32, Handler, a =>
        {
            a.mov(eax, __[esp + 8]);
            a.mov(edx, __[esp + 12]);
            a.mov(ebp, esp);
            a.mov(esi, ss);
            a.retf(8);
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.push(0x111);
            a.push(0x222);
            a.call(__fword_ptr[(int)Pointer]);
            a.cli();
        });
        m.State->Gpr[0].ShouldBe(0x222ul);
        m.State->Gpr[2].ShouldBe(0x111ul);
        m.State->Gpr[5].ShouldBe(InnerStack - 24ul);
        m.State->Gpr[6].ShouldBe((ulong)Data);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
        m.State->Cpl.ShouldBe(3);
        m.ReadMemory<uint>(InnerStack - 4).ShouldBe((uint)UserData);
        m.ReadMemory<uint>(InnerStack - 8).ShouldBe((uint)TestMachine.StackTop - 8);
        m.ReadMemory<uint>(InnerStack - 20).ShouldBe((uint)UserCode);
    }

    [Theory]
    [InlineData(0, Code, 3, true, Vector.Gp, (uint)CallGate)]
    [InlineData(3, Code, 3, false, Vector.Np, (uint)CallGate)]
    [InlineData(3, 0, 3, true, Vector.Gp, 0u)]
    [InlineData(3, Data, 3, true, Vector.Gp, (uint)Data)]
    [InlineData(3, AbsentCode, 3, true, Vector.Np, (uint)AbsentCode)]
    public void A_call_gate_is_checked_before_its_target(int gateDpl, int target, int rpl, bool present, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, gateDpl, (ushort)target, Handler, 0, present));
        SetPointer(m, 0, (ushort)(CallGate | rpl));
        m.ShouldFault(vector, errorCode, a => a.call(__fword_ptr[(int)Pointer]));
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
    }

    [Theory]
    [InlineData(0, Vector.Ts, 0u)]
    [InlineData(UserData, Vector.Ts, 0x20u)]
    [InlineData(ReadOnly, Vector.Ts, (uint)ReadOnly)]
    [InlineData(Limit, Vector.Ts, (uint)Limit)]
    [InlineData(AbsentData, Vector.Ss, (uint)AbsentData)]
    public void A_bad_inner_stack_is_an_invalid_tss(int selector, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.WriteMemory(Tss + 8, (uint)selector);
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, 3, Code, Handler));
        SetPointer(m, 0, CallGate | 3);
        m.ShouldFault(vector, errorCode, a => a.call(__fword_ptr[(int)Pointer]));
    }

    [Fact]
    public void A_tss_that_ends_before_its_stacks_is_named_in_the_error_code()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.State->SegmentLimit[(int)SegmentIndex.Tr] = 8;
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, 3, Code, Handler));
        SetPointer(m, 0, CallGate | 3);
        m.ShouldFault(Vector.Ts, TaskSelector, a => a.call(__fword_ptr[(int)Pointer]));
    }

    [Fact]
    public void A_jump_through_a_gate_does_not_change_levels()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, 3, Code, Handler));
        SetPointer(m, 0, CallGate | 3);
        m.ShouldFault(Vector.Gp, Code, a => a.jmp(__fword_ptr[(int)Pointer]));
    }

    [Fact]
    public void Retf_to_an_outer_level_nulls_inner_data_segments()
    {
        using var m = TestMachine.Protected().WithTables();
        m.State->SegmentSelector[(int)SegmentIndex.Fs] = UserData;
        m.State->SegmentAttributes[(int)SegmentIndex.Fs] |= 3 << SegmentAttribute.DplShift;
        m.Write(Handler, TestMachine.Assemble(32, Handler, a => a.hlt()));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.push(UserData);
            a.push(0x2_2000);
            a.push(UserCode);
            a.push((int)Handler);
            a.retf();
        });
        m.State->Gpr[4].ShouldBe(0x2_2000ul);
        m.State->Cpl.ShouldBe(3);
        m.State->SegmentSelector[(int)SegmentIndex.Ds].ShouldBe((ushort)0);
        m.State->SegmentAttributes[(int)SegmentIndex.Ds].ShouldBe(SegmentAttribute.Unusable);
        m.State->SegmentSelector[(int)SegmentIndex.Fs].ShouldBe(UserData);
    }

    [Theory]
    [InlineData(0, UserData, Vector.Gp, 0u)]
    [InlineData(UserCode, Data, Vector.Gp, (uint)Data)]
    [InlineData(UserCode, 3, Vector.Gp, 0u)]
    [InlineData(Data, Data, Vector.Gp, (uint)Data)]
    [InlineData(AbsentCode, Data, Vector.Np, (uint)AbsentCode)]
    public void Retf_checks_code_and_stack(int code, int stack, byte vector, uint errorCode)
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(vector, errorCode, a =>
        {
            a.push(stack);
            a.push(0x2_2000);
            a.push(code);
            a.push((int)Handler);
            a.retf();
        });
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop - 16);
    }

    [Fact]
    public void A_user_program_cannot_return_inwards()
    {
        using var m = TestMachine.Protected().WithTables().AsUser();
        m.ShouldFault(Vector.Gp, Code, a =>
        {
            a.push(Code);
            a.push((int)Handler);
            a.retf();
        });
    }

    [Fact]
    public void A_64_bit_call_gate_takes_its_stack_from_the_tss_and_nulls_ss()
    {
        using var m = TestMachine.Long(user: true).WithTables().AsUser();
        m.SetDescriptor(CallGate, Gate(Descriptor.CallGate32, 3, Code, Handler));
        m.WriteMemory(Gdt + CallGate + 8, 0ul);
        SetPointer(m, 0, CallGate | 3);
        m.Write(Handler, TestMachine.Assemble(64, Handler, a =>
        {
            a.mov(rbp, rsp);
            a.mov(esi, ss);
            a.db(0x48, 0xCB);
        }));
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.call(__fword_ptr[Pointer]);
            a.cli();
        });
        m.State->Gpr[5].ShouldBe(InnerStack - 32ul);
        m.State->Gpr[6].ShouldBe(0ul);
        m.State->Gpr[4].ShouldBe(TestMachine.StackTop);
        m.State->SegmentSelector[(int)SegmentIndex.Ss].ShouldBe(UserData);
        m.ReadMemory<ulong>(InnerStack - 8).ShouldBe((ulong)UserData);
    }

    [Fact]
    public void A_real_mode_far_call_pushes_16_bits_and_retf_comes_back()
    {
        using var m = TestMachine.Real();
        m.Write(0x2_3450, TestMachine.Assemble(16, 0x450, a =>
        {
            a.mov(bx, cs);
            a.retf();
        }));
        m.RunToHlt(a =>
        {
            a.call(0x2300, 0x450);
            a.hlt();
        });
        ((ushort)m.State->Gpr[3]).ShouldBe((ushort)0x2300);
        m.State->Gpr[4].ShouldBe(0x8000ul);
        m.State->SegmentBase[(int)SegmentIndex.Cs].ShouldBe(TestMachine.CodeAddress);
        m.ReadMemory<ushort>(0x7FFE).ShouldBe((ushort)0x1000);
    }
}
