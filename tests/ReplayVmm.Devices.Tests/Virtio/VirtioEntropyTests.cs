namespace ReplayVmm.Devices.Tests;

public sealed class VirtioEntropyTests
{
    [Fact]
    public void A_buffer_of_gigabytes_is_given_no_more_than_64_bytes_and_words_are_drawn_for_no_more()
    {
        var ram = new Ram();
        var clock = new ManualClock();
        var door = new Sizes();
        var driver = new VirtioDriver(new VirtioEntropy(door, new VirtioWiring(clock, new RecordedLine(), ram)), ram, clock);
        driver.Start(1);
        driver.Send(0, (Ram.Start + 0x2_0000, 0xE_0000, true));
        driver.Finish();
        driver.Take(0).ShouldBe((0u, 64u));
        door.Drawn.ShouldBe([8, 8, 8, 8, 8, 8, 8, 8]);
        ram.At(Ram.Start + 0x2_0000, 65).ToArray().ShouldBe([.. Enumerable.Repeat((byte)0xA5, 64), 0]);
        door.Drawn.Clear();
        driver.Send(0, (Ram.Start + 0x2_0000, 11, true));
        driver.Finish();
        door.Drawn.ShouldBe([8, 3]);
    }

    private sealed class Sizes : IEntropyDoor
    {
        public List<int> Drawn { get; } = [];

        public ulong Draw(int size)
        {
            Drawn.Add(size);
            return 0xA5A5_A5A5_A5A5_A5A5;
        }
    }
}
