namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class CheckpointTests
{
    [Fact]
    public void A_new_processor_from_saved_state_continues_alike_from_every_instruction()
    {
        const ulong total = 420;
        using TestMachine whole = TestMachine.Long(), replaced = TestMachine.Long();
        whole.Load(BlockTests.Workload);
        replaced.Load(BlockTests.Workload);
        for (ulong n = 0; n < total; n++)
        {
            whole.RunFully(1);
            replaced.ReplaceProcessor();
            replaced.RunFully(1);
            new ReadOnlySpan<byte>(replaced.State, sizeof(CpuState)).SequenceEqual(new(whole.State, sizeof(CpuState))).ShouldBeTrue($"after {n}");
        }
        BlockTests.AssertSame(whole, replaced);
    }

    [Fact]
    public void Pages_written_are_the_same_whether_or_not_the_caches_were_warm()
    {
        using TestMachine warm = TestMachine.Long(), cold = TestMachine.Long();
        warm.Load(BlockTests.Workload);
        cold.Load(BlockTests.Workload);
        Written(warm).ShouldBe(Written(cold));
        for (int n = 0; n < 10; n++)
        {
            warm.RunFully(42);
            cold.RunFully(42);
            List<ulong> expected = Written(warm);
            Written(cold).ShouldBe(expected);
            cold.ReplaceProcessor();
        }
    }

    private static List<ulong> Written(TestMachine m)
    {
        List<ulong> frames = [];
        m.Memory.VisitWrittenPages((frame, _) => frames.Add(frame));
        return frames;
    }
}
