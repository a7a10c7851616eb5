namespace ReplayVmm.Devices.Tests;

public sealed class PitChannelTests
{
    /// <summary>Random programming of one counter; the closed form must agree with walking tick by tick.</summary>
    [Fact]
    public void The_next_edge_is_the_first_tick_at_which_the_output_changes()
    {
        int edges = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var channel = new PitChannel { Gate = (byte)random.Next(2) };
            ulong tick = (ulong)random.Next(100);
            channel.WriteControl((byte)(0x30 | (random.Next(8) << 1) | random.Next(2)), tick);
            for (int act = 0; act < 12; act++)
            {
                switch (random.Next(6))
                {
                    case 0:
                        channel.SetGate(random.Next(3) != 0, tick);
                        break;
                    case 1:
                        channel.SetGate(high: false, tick);
                        channel.SetGate(high: true, tick);
                        break;
                    default:
                        int count = random.Next(4) == 0 ? random.Next(0x10000) : random.Next(1, 12);
                        channel.WriteCount((byte)count, tick);
                        channel.WriteCount((byte)(count >> 8), tick);
                        break;
                }

                ulong edge = channel.NextEdge(tick);
                ulong until = tick + (ulong)random.Next(200);
                bool output = channel.Output(tick);
                for (ulong t = tick + 1; t <= until; t++)
                {
                    channel.Synchronize(t);
                    bool next = channel.Output(t);
                    if (next != output)
                    {
                        t.ShouldBe(edge, $"seed {seed}, act {act}, mode {channel.Mode}");
                        edges++;
                        edge = channel.NextEdge(t);
                        output = next;
                    }
                    else
                    {
                        edge.ShouldBeGreaterThan(t, $"seed {seed}, act {act}, mode {channel.Mode}");
                    }
                }

                tick = until;
            }
        }

        edges.ShouldBeGreaterThan(50_000);
    }

    /// <summary>A counter stepped one clock at a time from the data sheet's words, for the modes whose counts are easy to step.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Counts_and_output_agree_with_a_counter_stepped_clock_by_clock(int mode)
    {
        for (int count = 2; count < 40; count++)
        {
            var channel = new PitChannel { Gate = 1 };
            channel.WriteControl((byte)(0x30 | (mode << 1)), 0);
            channel.WriteCount((byte)count, 0);
            channel.WriteCount(0, 0);
            int element = 0;
            bool output = mode != 0, strobed = false;
            for (ulong tick = 1; tick < 200; tick++)
            {
                if (tick == 1)
                    element = mode == 3 ? count & ~1 : count;
                else
                    Step(mode, count, ref element, ref output, ref strobed);
                channel.LatchCount(tick);
                (channel.Read(tick) | (channel.Read(tick) << 8)).ShouldBe(element & 0xFFFF, $"count {count}, tick {tick}");
                channel.Output(tick).ShouldBe(output, $"count {count}, tick {tick}");
            }
        }
    }

    private static void Step(int mode, int count, ref int element, ref bool output, ref bool strobed)
    {
        switch (mode)
        {
            case 0:
                element--;
                output |= element == 0;
                break;
            case 2:
                element = element == 1 ? count : element - 1;
                output = element != 1;
                break;
            case 3:
                // Odd counts: the high half passes through zero, the low half reloads where it would.
                bool wraps = (count & 1) != 0 && output ? element == 0 : element == 2;
                element = wraps ? count & ~1 : element - 2;
                output ^= wraps;
                break;
            case 4:
                element--;
                output = element != 0 || strobed;
                strobed |= element == 0;
                break;
        }
    }
}
