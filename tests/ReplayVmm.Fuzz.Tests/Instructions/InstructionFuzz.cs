using System.Globalization;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Random code in every mode.</summary>
public sealed class InstructionFuzz(ITestOutputHelper output)
{
    private const long Floor = 10_000;
    private const int DerivedEvery = 64, Batch = 1024;

    /// <summary>Bytes that all cases together may allocate for good, as tables that are made when first used, and each case beside them.</summary>
    private const long AllocatedOnce = 16 << 20, AllocatedEach = 1024;

    /// <summary>What a run of a minute must come to. A small machine does six times as many where nothing else runs.</summary>
    private const ulong InALongRun = 10_000_000;

    [Fact]
    public void Random_code_in_any_mode_keeps_every_promise_of_the_processor()
    {
        using var rig = new GuestRig(CpuModel.Max);
        var campaign = new Campaign("instructions", output)
        {
            Batch = Batch,
            BeginBatch = rig.BeginBatch,
            Summary = seconds => string.Create(
                CultureInfo.InvariantCulture, $"{rig.Retired:n0} instructions ({rig.Retired / seconds:n0} a second), {rig.Exits:n0} exits"),
        };
        ulong seed = FuzzDoor.Seed;
        long allocated = 0, cases = 0;
        campaign.Run(Floor, (_, number) =>
        {
            long before = Allocated.Now;
            rig.Run(seed, number, number % DerivedEvery == 0, all: false);
            allocated += Allocated.Now - before;
            cases++;
            FuzzException.Unless(allocated <= AllocatedOnce + (AllocatedEach * cases), $"{allocated} bytes were allocated by {cases} cases");
        });
        if (FuzzDoor.IsLongRun)
        {
            rig.Retired.ShouldBeGreaterThanOrEqualTo(
                InALongRun,
                string.Create(CultureInfo.InvariantCulture, $"random instructions executed in {FuzzDoor.Seconds} s: the processor has become slow, or other programs leave it too little of this machine"));
        }
    }
}
