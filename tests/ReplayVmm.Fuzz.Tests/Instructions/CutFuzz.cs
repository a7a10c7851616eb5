using System.Globalization;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The same random code in two ways: derived caches and the limits of runs are no part of what a guest sees.</summary>
public sealed class CutFuzz(ITestOutputHelper output)
{
    private const long Floor = 1_000;
    private const int Batch = 1024, DerivedEvery = 16;

    [Theory]
    [InlineData(3000, 0)]
    [InlineData(4 << 20, 1)]
    [InlineData(3000, 3)]
    public void However_a_run_is_cut_and_whatever_was_decoded_before_random_code_does_the_same(int codeArena, int slice)
    {
        using GuestRig whole = new(CpuModel.Max), cut = new(CpuModel.Max, codeArena, slice);
        var campaign = new Campaign(string.Create(CultureInfo.InvariantCulture, $"cuts-{codeArena}-{slice}"), output)
        {
            Share = 0.33,
            Batch = Batch,
            BeginBatch = () =>
            {
                whole.BeginBatch();
                cut.BeginBatch();
            },
        };
        ulong seed = FuzzDoor.Seed;
        campaign.Run(Floor, (_, number) =>
        {
            whole.Run(seed, number, number % DerivedEvery == 0, all: true);
            cut.Run(seed, number, number % DerivedEvery == 0, all: true);
            FuzzException.Unless(whole.Digest == cut.Digest, $"{whole.DifferenceFrom(cut)}");
        });
    }
}
