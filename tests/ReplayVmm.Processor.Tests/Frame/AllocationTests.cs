using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class AllocationTests
{
    [Fact]
    public void A_million_warm_instructions_allocate_nothing()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.inc(rax);
            a.mov(__[TestMachine.DataAddress], rax);
            a.jmp(again);
        });
        m.RunFully(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        m.Run(1_000_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_million_exits_allocate_nothing()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(al, __byte_ptr[0x100_0000]);
            a.jmp(again);
        });
        Exit(m, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exit(m, 1_000_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Code_that_is_written_and_run_again_and_again_allocates_nothing_and_fills_no_memory()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Iced.Intel.Label again = a.CreateLabel(), patched = a.CreateLabel();
            a.lea(rdx, __[patched]);
            a.Label(ref again);
            a.inc(ecx);
            a.mov(__[rdx + 1], ecx);
            a.Label(ref patched);
            a.mov(eax, 0);
            a.jmp(again);
        });
        m.RunFully(1001);
        ulong epoch = m.Memory.Blocks.Epoch;
        long before = GC.GetAllocatedBytesForCurrentThread();
        m.Run(200_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        m.Memory.Blocks.Epoch.ShouldBeGreaterThan(epoch);
        m.State->Gpr[0].ShouldBe(m.State->Gpr[1]);
    }

    private static void Exit(TestMachine m, int count)
    {
        for (int n = 0; n < count; n++)
        {
            if (m.Run(100) != StopReason.VmExit)
                throw new InvalidOperationException("No exit.");
            m.Cpu.Complete(1);
        }
    }
}
