namespace ReplayVmm.Fuzz.Tests;

/// <summary>Every device's registers.</summary>
public sealed class DeviceFuzz(ITestOutputHelper output)
{
    private const long Floor = 2_000;
    private const int Batch = 256, Acts = 64;

    [Fact]
    public void Random_traffic_to_every_register_breaks_nothing_and_a_state_put_back_behaves_the_same()
    {
        DeviceRig rig = new(0), twin = new(0);
        var again = new Dice();
        var campaign = new Campaign("devices", output)
        {
            Batch = Batch,
            BeginBatch = () =>
            {
                rig = new DeviceRig(0);
                twin = new DeviceRig(0);
            },
        };
        ulong seed = FuzzDoor.Seed;
        campaign.Run(Floor, (dice, number) =>
        {
            if (number % Batch == 0)
                rig = new DeviceRig(dice.Pick<ulong>([0, 0, 1ul << 40, 1ul << 61, (1ul << 62) - 1_000_000_000]));
            bool compare = dice.OnceIn(4);
            if (compare)
                twin.Load(rig);
            again.Seed(seed, 2, (ulong)number);
            dice.Seed(seed, 2, (ulong)number);
            Twins.Act(Acts, rig.Act, dice, compare ? twin.Act : null, again);
            if (compare)
                FuzzException.Unless(rig.DifferenceFrom(twin) is null, $"{rig.DifferenceFrom(twin)} differs where the state was put back");
        });
    }

    [Fact]
    public void A_state_of_random_bytes_breaks_nothing()
    {
        var campaign = new Campaign("device-states", output) { Share = 0.2 };
        campaign.Run(Floor / 50, (dice, _) =>
        {
            var rig = new DeviceRig(dice.OnceIn(2) ? 0 : dice.Next() >> 2);
            for (int act = 0; act < 4 * Acts; act++)
            {
                if (act % Acts == 0)
                    rig.Corrupt(dice);
                rig.Act(dice);
            }
        });
    }
}
