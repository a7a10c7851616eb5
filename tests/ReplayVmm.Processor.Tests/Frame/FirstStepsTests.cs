using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class FirstStepsTests
{
    [Fact]
    public void A_block_of_additions_runs_in_64_bit_mode_through_page_tables()
    {
        using TestMachine m = TestMachine.Long();
        int length = m.Load(a =>
        {
            a.add(rax, 5);
            a.add(__[0x30000], rax);
            a.add(rcx, __qword_ptr[0x30000]);
            a.cmp(rcx, rax);
        });
        m.RunFully(4);
        m.State->Gpr[1].ShouldBe(5ul);
        m.ReadMemory<ulong>(0x30000).ShouldBe(5ul);
        (m.State->Rflags & Rflags.Zf).ShouldBe(Rflags.Zf);
        m.State->Retired.ShouldBe(4ul);
        m.State->Rip.ShouldBe(TestMachine.CodeAddress + (uint)length);
    }

    [Fact]
    public void A_block_of_additions_runs_in_protected_and_real_mode()
    {
        using TestMachine p = TestMachine.Protected(), r = TestMachine.Real();
        foreach (TestMachine m in (TestMachine[])[p, r])
        {
            m.Load(a =>
            {
                a.add(ax, 5);
                a.add(__[0x3000], ax);
                a.add(cx, __word_ptr[0x3000]);
            });
            m.RunFully(3);
            m.State->Gpr[1].ShouldBe(5ul);
            m.ReadMemory<ushort>(0x3000).ShouldBe((ushort)5);
        }
    }
}
