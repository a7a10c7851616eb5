using System.Globalization;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Random code in every mode.</summary>
public sealed class InstructionFuzz(ITestOutputHelper output)
{
    private const long Floor = 20_000;
    private const int DerivedEvery = 64, Batch = 1024;

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
        campaign.Run(Floor, (_, number) => rig.Run(seed, number, number % DerivedEvery == 0, all: false));
    }
}
