namespace ReplayVmm.Devices.Tests;

public sealed class StateTests
{
    private const int Warm = 3000, After = 3000;

    public static TheoryData<string> DeviceNames => [.. new PcRig().Devices.Select(d => d.Name), "all"];

    [Theory]
    [MemberData(nameof(DeviceNames))]
    public void A_state_put_into_a_fresh_machine_behaves_the_same_from_there_on(string device)
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            ulong start = seed % 3 == 0 ? (1ul << 63) - 10_000_000_000_000 : 0;
            ApicMode mode = seed % 2 == 0 ? ApicMode.X2Apic : ApicMode.XApic;
            PcRig first = new(start, mode), second = new(start, mode);
            IDevice? target = first.Devices.SingleOrDefault(d => d.Name == device);
            int index = Array.IndexOf(first.Devices, target);
            var traffic = new Random(seed);
            for (int i = 0; i < Warm; i++)
                first.Act(traffic, target);

            second.Clock.Now = first.Clock.Now;
            for (int i = 0; i < first.Devices.Length; i++)
                first.Devices[i].State.CopyTo(second.Devices[i].State);
            second.Deadlines.Earliest.ShouldBe(first.Deadlines.Earliest, $"seed {seed}");
            int printed = first.Sink.Text.Length, requests = first.Platform.Count, nmis = first.Processor.Nmis;

            Random one = new(seed * 1000), two = new(seed * 1000);
            for (int i = 0; i < After; i++)
            {
                ulong expected = first.Act(one, target);
                ulong actual = second.Act(two, index < 0 ? null : second.Devices[index]);
                string when = $"seed {seed}, act {i}";
                actual.ShouldBe(expected, when);
                second.Clock.Now.ShouldBe(first.Clock.Now, when);
                for (int d = 0; d < first.Devices.Length; d++)
                    second.Devices[d].State.SequenceEqual(first.Devices[d].State).ShouldBeTrue($"{first.Devices[d].Name}, {when}");
            }

            (second.Platform.Count + requests).ShouldBe(first.Platform.Count);
            (second.Processor.Nmis + nmis).ShouldBe(first.Processor.Nmis);
            if (first.Sink.Text.Length > printed)
                second.Sink.Text.ShouldNotBeEmpty();
        }
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul << 62)]
    [InlineData((1ul << 63) - 100_000_000_000_000)]
    public void Random_traffic_to_every_register_never_throws_and_never_allocates(ulong start)
    {
        var rig = new PcRig(start);
        var random = new Random(4711);
        for (int i = 0; i < 50_000; i++)
            rig.Act(random, null);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300_000; i++)
            rig.Act(random, null);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_state_of_random_bytes_never_throws_and_time_still_passes()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var rig = new PcRig((ulong)random.NextInt64(long.MaxValue));
            foreach (IDevice device in rig.Devices)
                random.NextBytes(device.State);
            for (int i = 0; i < 300; i++)
                rig.Act(random, null);
            ulong now = rig.Clock.Now;
            rig.Deadlines.AdvanceDue(now);
            rig.Deadlines.Earliest.ShouldBeGreaterThan(now, $"seed {seed}");
        }
    }

    [Fact]
    public void Asking_a_device_to_advance_when_nothing_is_due_changes_nothing_that_the_guest_can_see()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            PcRig lazy = new(), eager = new();
            Random one = new(seed), two = new(seed);
            ITimedDevice[] timed = [.. eager.Devices.OfType<ITimedDevice>()];
            for (int i = 0; i < 3000; i++)
            {
                foreach (ITimedDevice device in timed)
                    device.Advance();
                eager.Act(two, null).ShouldBe(lazy.Act(one, null), $"seed {seed}, act {i}");
                eager.Clock.Now.ShouldBe(lazy.Clock.Now);
            }
        }
    }

    [Fact]
    public void Every_device_has_a_name_of_its_own_and_a_reset_gives_equal_states()
    {
        var rig = new PcRig();
        rig.Devices.Select(d => d.Name).ShouldBeUnique();
        var random = new Random(5);
        for (int i = 0; i < 5000; i++)
            rig.Act(random, null);
        var other = new PcRig();
        for (int i = 0; i < 500; i++)
            other.Act(random, null);
        foreach (PcRig one in (PcRig[])[rig, other])
        {
            one.Clock.Now = 10_000_000_000_000;
            one.Apic.Reset();
            one.Serial.Reset();
            one.Keyboard.Reset();
            one.Pit.Reset();
            one.Port61.Reset();
        }

        rig.Serial.State.SequenceEqual(other.Serial.State).ShouldBeTrue();
        rig.Keyboard.State.SequenceEqual(other.Keyboard.State).ShouldBeTrue();
        rig.Pit.State.SequenceEqual(other.Pit.State).ShouldBeTrue();
        rig.Port61.State.SequenceEqual(other.Port61.State).ShouldBeTrue();
    }

    [Fact]
    public void Deadlines_that_fall_together_are_served_in_the_registered_order()
    {
        List<string> order = [];
        var clock = new ManualClock { Now = 100 };
        Alarm late = new("late", 100, order), early = new("early", 50, order), equal = new("equal", 100, order), future = new("future", 101, order);
        var registry = new DeadlineRegistry([late, equal, early, future]);
        registry.Earliest.ShouldBe(50ul);
        registry.AdvanceDue(clock.Now);
        order.ShouldBe(["early", "late", "equal"]);
        registry.Earliest.ShouldBe(101ul);
    }

    private sealed class Alarm(string name, ulong deadline, List<string> order) : ITimedDevice
    {
        public string Name => name;

        public Span<byte> State => [];

        public ulong Deadline { get; private set; } = deadline;

        public void Advance()
        {
            order.Add(Name);
            Deadline = ulong.MaxValue;
        }
    }
}
