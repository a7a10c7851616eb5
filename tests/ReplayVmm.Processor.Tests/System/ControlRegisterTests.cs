using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Processor.Tests.SystemMachine;

namespace ReplayVmm.Processor.Tests;

/// <summary>
/// MOV to and from control registers, CLTS, LMSW: values, masks and shadows, exits (SDM volume 3, 2.5 and 26.1.3, table 28-3).
/// </summary>
public sealed unsafe class ControlRegisterTests
{
    [Theory]
    [InlineData(Cr0.Pg)]
    [InlineData(Cr0.Pe | Cr0.Nw)]
    public void Cr0_refuses_contradictions(ulong value)
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(eax, (uint)value);
            a.mov(cr0, eax);
        });
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(Cr0.Pe)]
    [InlineData(Cr0.Pe | Cr0.Pg | (1ul << 32))]
    public void Cr0_in_64_bit_mode_keeps_paging_and_its_upper_half_clear(ulong value)
    {
        using var m = TestMachine.Long().WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(rax, value);
            a.mov(cr0, rax);
        });
    }

    [Fact]
    public void Cr0_drops_undefined_bits_and_keeps_et_and_is_reported()
    {
        using var m = TestMachine.Protected().WithTables();
        ulong old = m.State->Cr0;
        m.Load(a =>
        {
            a.mov(eax, 0x0FF0_0001);
            a.mov(cr0, eax);
            a.mov(ebx, cr0);
            a.hlt();
        });
        m.Run(100).ShouldBe(StopReason.RegisterWritten);
        m.Cpu.Written.ShouldBe(new RegisterWrite(RecordedRegister.Cr0, 0, old, Cr0.Pe | Cr0.Et, TestMachine.CodeAddress + 5));
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[3].ShouldBe(Cr0.Pe | Cr0.Et);
    }

    [Fact]
    public void Host_owned_bits_exit_when_they_change_and_read_as_their_shadow()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Cpu.Controls.Cr0GuestHostMask = Cr0.Ne | Cr0.Ts;
        m.Cpu.Controls.Cr0ReadShadow = 0;
        m.Load(a =>
        {
            a.mov(ebx, cr0);
            a.mov(cr0, ebx);
            a.or(ebx, (int)Cr0.Ts);
            a.mov(cr0, ebx);
            a.hlt();
        });
        m.Run(100).ShouldBe(StopReason.RegisterWritten);
        m.State->Gpr[3].ShouldBe(Cr0.Pe | Cr0.Et);
        m.State->Cr0.ShouldBe(Cr0.Pe | Cr0.Et | Cr0.Ne);
        VmExit exit = m.RunToExit();
        exit.Reason.ShouldBe(ExitReason.ControlRegisterAccess);
        exit.Qualification.ShouldBe(0x300ul);
        exit.Data.ShouldBe(Cr0.Pe | Cr0.Et | Cr0.Ts);
        exit.InstructionLength.ShouldBe((byte)3);
        m.State->Cr0.ShouldBe(Cr0.Pe | Cr0.Et | Cr0.Ne);
        m.Cpu.Complete(Cr0.Pe | Cr0.Et | Cr0.Ne | Cr0.Ts);
        m.State->Cr0.ShouldBe(Cr0.Pe | Cr0.Et | Cr0.Ne | Cr0.Ts);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
    }

    [Fact]
    public void Clts_and_lmsw_exit_by_their_own_rules()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Cpu.Controls.Cr0GuestHostMask = ulong.MaxValue;
        m.Cpu.Controls.Cr0ReadShadow = m.State->Cr0 | Cr0.Ts;
        m.WriteMemory(TestMachine.DataAddress, (ushort)0xFFF8);
        m.Load(a =>
        {
            a.clts();
            a.lmsw(__word_ptr[(int)TestMachine.DataAddress]);
            a.hlt();
        });
        VmExit clts = m.RunToExit();
        clts.Qualification.ShouldBe(0x20ul);
        clts.Data.ShouldBe(m.State->Cr0);
        m.Cpu.Controls.Cr0ReadShadow &= ~Cr0.Ts;
        m.Cpu.Complete(m.State->Cr0);
        VmExit lmsw = m.RunToExit();
        lmsw.Qualification.ShouldBe(0xFFF80000ul | 0x70);
        lmsw.Data.ShouldBe(m.State->Cr0 | Cr0.Ts);
        m.Cpu.Complete(m.State->Cr0);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
    }

    [Fact]
    public void Lmsw_sets_pe_and_never_clears_it()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Load(a =>
        {
            a.mov(eax, 0xE);
            a.lmsw(ax);
            a.smsw(ebx);
            a.hlt();
        });
        m.RunToExitSkippingWrites().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[3].ShouldBe(Cr0.Pe | Cr0.Mp | Cr0.Em | Cr0.Ts | Cr0.Et | Cr0.Ne);
    }

    [Fact]
    public void Control_registers_that_do_not_exist_are_invalid_opcodes_and_level_3_is_refused()
    {
        using var m = TestMachine.Protected().WithTables();
        m.Write(TestMachine.CodeAddress, 0x0F, 0x22, 0xC8);
        m.ShouldFault(Vector.Ud, null);
        using var user = TestMachine.Protected().WithTables().AsUser();
        user.ShouldFault(Vector.Gp, 0, a => a.mov(eax, cr3));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(Cr4.Pae | (1ul << 31))]
    [InlineData(Cr4.Pae | Cr4.La57)]
    public void Cr4_refuses_what_the_mode_or_the_model_has_not(ulong value)
    {
        using var m = TestMachine.Long(model: CpuModel.V3).WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(rax, value);
            a.mov(cr4, rax);
        });
    }

    [Fact]
    public void Pcids_need_long_mode_and_a_clear_pcid()
    {
        using var m = TestMachine.Protected().WithTables();
        m.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(eax, (uint)(Cr4.Pcide | Cr4.Pae));
            a.mov(cr4, eax);
        });
        using var other = TestMachine.Long().WithTables();
        other.State->Cr3 |= 0x18;
        other.ShouldFault(Vector.Gp, 0, a =>
        {
            a.mov(eax, (uint)(Cr4.Pcide | Cr4.Pae));
            a.mov(cr4, rax);
        });
    }

    [Theory]
    [InlineData(1ul << 40, false)]
    [InlineData(1ul << 63, false)]
    [InlineData(1ul << 63, true)]
    public void Cr3_has_the_models_width_and_bit_63_belongs_to_pcids(ulong extra, bool pcids)
    {
        using var m = TestMachine.Long(model: CpuModel.V3).WithTables();
        if (pcids)
            m.State->Cr4 |= Cr4.Pcide;
        m.Load(a =>
        {
            a.mov(rax, extra | TestMachine.TablesAddress);
            a.mov(cr3, rax);
            a.hlt();
        });
        if (!pcids)
        {
            m.ShouldFault(Vector.Gp, 0);
            return;
        }
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Cr3.ShouldBe(TestMachine.TablesAddress);
    }

    [Fact]
    public void Outside_64_bit_mode_only_the_low_half_of_a_register_counts()
    {
        using var m = TestMachine.Protected().WithTables();
        m.State->Gpr[0] = 0xFFFF_FFFF_0000_1000;
        m.State->Dr[1] = 0xFFFF_8880_0000_0010;
        m.RunToHlt(a =>
        {
            a.mov(cr3, eax);
            a.mov(ebx, dr1);
            a.hlt();
        });
        m.State->Cr3.ShouldBe(0x1000ul);
        m.State->Gpr[3].ShouldBe(0x10ul);
    }

    [Fact]
    public void Cr3_and_cr8_exit_where_asked_and_the_answer_goes_where_the_instruction_says()
    {
        using var m = TestMachine.Long().WithTables();
        m.Cpu.Controls.Cr3LoadExiting = true;
        m.Cpu.Controls.Cr3StoreExiting = true;
        m.Cpu.Controls.Cr8StoreExiting = true;
        m.Load(a =>
        {
            a.mov(rbx, cr3);
            a.mov(cr3, rbx);
            a.mov(cr8, rbx);
            a.mov(r9, cr8);
            a.hlt();
        });
        m.RunToExit().Qualification.ShouldBe(0x313ul);
        m.Cpu.Complete(0x123456000);
        m.State->Gpr[3].ShouldBe(0x123456000ul);
        VmExit load = m.RunToExit();
        (load.Qualification, load.Data).ShouldBe((0x303ul, 0x123456000ul));
        m.Cpu.Complete(TestMachine.TablesAddress);
        m.State->Cr3.ShouldBe(TestMachine.TablesAddress);
        VmExit priority = m.RunToExit();
        (priority.Qualification, priority.Data).ShouldBe((0x308ul, 0x123456000ul));
        m.Cpu.Complete(5);
        m.State->Cr8.ShouldBe(5ul);
        m.RunToExit().Qualification.ShouldBe(0x918ul);
        m.Cpu.Complete(7);
        m.RunToExit().Reason.ShouldBe(ExitReason.Hlt);
        m.State->Gpr[9].ShouldBe(7ul);
    }

    [Fact]
    public void A_guest_goes_from_reset_to_64_bit_mode_by_itself()
    {
        using var m = TestMachine.Real().WithTables();
        m.State->IdtLimit = 0x3FF;
        // Identity map of the first 2 MiB.
        m.WriteMemory(0x9000, 0xA003ul);
        m.WriteMemory(0xA000, 0xB003ul);
        m.WriteMemory(0xB000, 0x83ul);
        m.SetDescriptor(SmallCode, Segment(0x1B, 0, flags: 0xA));
        m.WriteMemory(0x3000, (ushort)(Limit - 1));
        m.WriteMemory(0x3002, Gdt);
        m.WriteMemory(0x3010, 0x1800u);
        m.WriteMemory(0x3014, Code);
        m.WriteMemory(0x3020, 0x1900u);
        m.WriteMemory(0x3024, SmallCode);
        m.Write(0x1800, TestMachine.Assemble(32, 0x1800, a =>
        {
            a.mov(eax, Data);
            a.mov(ss, eax);
            a.mov(ds, eax);
            a.mov(eax, cr4);
            a.or(eax, (int)Cr4.Pae);
            a.mov(cr4, eax);
            a.mov(eax, 0x9000);
            a.mov(cr3, eax);
            a.mov(ecx, unchecked((int)MsrIndex.Efer));
            a.rdmsr();
            a.or(eax, (int)Efer.Lme);
            a.wrmsr();
            a.mov(eax, cr0);
            a.or(eax, unchecked((int)Cr0.Pg));
            a.mov(cr0, eax);
            a.jmp(__fword_ptr[0x3020]);
        }));
        m.Write(0x1900, TestMachine.Assemble(64, 0x1900, a =>
        {
            a.mov(rbx, 0x1122334455667788);
            a.mov(r8, cr0);
            a.hlt();
        }));
        m.RunToHlt(a =>
        {
            a.lgdt(__fword_ptr[0x3000]);
            a.mov(eax, cr0);
            a.or(al, 1);
            a.mov(cr0, eax);
            a.db(0x66, 0xFF, 0x2E, 0x10, 0x30);
        });
        m.State->Gpr[3].ShouldBe(0x1122334455667788ul);
        (m.State->Efer & (Efer.Lma | Efer.Lme)).ShouldBe(Efer.Lma | Efer.Lme);
        m.State->Gpr[8].ShouldBe(m.State->Cr0);
    }

    [Fact]
    public void Clearing_paging_leaves_long_mode()
    {
        using var m = TestMachine.Long().WithTables();
        m.SetDescriptor(SmallCode, Segment(0x1B, 0));
        m.WriteMemory(0x3000, 0x1800u);
        m.WriteMemory(0x3004, SmallCode);
        m.Write(0x1800, TestMachine.Assemble(32, 0x1800, a =>
        {
            a.mov(eax, cr0);
            a.and(eax, 0x7FFFFFFF);
            a.mov(cr0, eax);
            a.hlt();
        }));
        m.RunToHlt(a => a.jmp(__fword_ptr[0x3000]));
        m.State->Efer.ShouldBe(Efer.Lme | Efer.Nxe);
    }
}
