using System.Globalization;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The virtio devices: registers, rings, chains and requests.</summary>
public sealed class VirtioFuzz(ITestOutputHelper output)
{
    // At least a million acts.
    private const long Floor = 4_000;
    private const int Batch = 16, Acts = 256;

    [Fact]
    public void A_million_acts_of_a_hostile_driver_break_nothing_and_a_state_put_back_behaves_the_same()
    {
        VirtioRig rig = new(), twin = new();
        var again = new Dice();
        ulong drawn = 0, completed = 0, printed = 0;
        var campaign = new Campaign("virtio", output)
        {
            Batch = Batch,
            BeginBatch = () =>
            {
                rig = new VirtioRig();
                twin = new VirtioRig();
            },
            Summary = _ => string.Create(
                CultureInfo.InvariantCulture, $"{completed:n0} requests of the disk, {drawn:n0} words drawn, {printed:n0} bytes printed"),
        };
        ulong seed = FuzzDoor.Seed;
        WarmUp();
        campaign.Run(Floor, (dice, number) =>
        {
            bool compare = dice.OnceIn(4);
            if (compare)
                twin.Load(rig);
            again.Seed(seed, 3, (ulong)number);
            dice.Seed(seed, 3, (ulong)number);
            (ulong Drawn, ulong Completed, ulong Printed) before = rig.Work;
            Twins.Act(Acts, rig.Act, dice, compare ? twin.Act : null, again);
            if (compare)
                FuzzException.Unless(rig.DifferenceFrom(twin) is null, $"{rig.DifferenceFrom(twin)} differs where the state was put back");
            drawn += rig.Work.Drawn - before.Drawn;
            completed += rig.Work.Completed - before.Completed;
            printed += rig.Work.Printed - before.Printed;
        });
        if (FuzzDoor.OnlyCase is null)
            FuzzException.Unless(completed > 1000 && drawn > 1000 && printed > 1000, "hardly anything got through to the devices: the driver is too hostile");
    }

    /// <summary>What is made once in a process, at a first access or a first hash, is made before allocations are counted.</summary>
    private static void WarmUp()
    {
        VirtioRig rig = new(), twin = new();
        var dice = new Dice();
        for (int act = 0; act < 64 * Acts; act++)
            rig.Act(dice);
        twin.Load(rig);
    }

    [Fact]
    public void A_state_of_random_bytes_breaks_nothing()
    {
        var campaign = new Campaign("virtio-states", output) { Share = 0.2 };
        campaign.Run(200, (dice, _) =>
        {
            var rig = new VirtioRig();
            for (int act = 0; act < Acts; act++)
            {
                if (act % 16 == 0)
                    rig.Corrupt(dice);
                rig.Act(dice);
            }
        });
    }
}
