using System.Globalization;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Random code in every mode.</summary>
public sealed class InstructionFuzz(ITestOutputHelper output)
{
    private const long Floor = 20_000;
    private const int ThoroughEvery = 32, Batch = 1024;

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
        campaign.Run(Floor, (_, number) => rig.Run(seed, number, number % ThoroughEvery == 0));
    }

    [Theory]
    [InlineData(3000, 0)]
    [InlineData(4 << 20, 1)]
    [InlineData(3000, 3)]
    public void However_a_run_is_cut_and_whatever_was_decoded_before_random_code_does_the_same(int codeArena, int slice)
    {
        using GuestRig whole = new(CpuModel.Max), cut = new(CpuModel.Max, codeArena, slice);
        var campaign = new Campaign(string.Create(CultureInfo.InvariantCulture, $"cuts-{codeArena}-{slice}"), output)
        {
            Batch = Batch,
            BeginBatch = () =>
            {
                whole.BeginBatch();
                cut.BeginBatch();
            },
        };
        ulong seed = FuzzDoor.Seed;
        campaign.Run(Floor / 10, (_, number) =>
        {
            whole.Run(seed, number, thorough: true);
            cut.Run(seed, number, thorough: true);
            FuzzException.Unless(whole.Digest == cut.Digest, $"{whole.DifferenceFrom(cut)}");
        });
    }
}
