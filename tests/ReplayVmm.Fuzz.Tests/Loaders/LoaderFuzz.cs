using ReplayVmm.Machine;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Boot images that lie.</summary>
public sealed class LoaderFuzz(ITestOutputHelper output)
{
    private const long Floor = 1_000, AllocatedAtLeast = 256 << 10, AllocatedTimes = 8;
    private const ulong Memory = 16 << 20;
    private const int LongestMessage = 400;

    [Fact]
    public void An_image_that_lies_is_refused_in_one_line_or_gives_a_plan_that_a_machine_can_start_with()
    {
        long booted = 0;
        var campaign = new Campaign("loaders", output) { Summary = _ => $"{booted} booted" };
        campaign.Run(Floor, (dice, _) => booted += Load(dice) ? 1 : 0);
        booted.ShouldBeGreaterThan(0);
    }

    private static bool Load(Dice dice)
    {
        byte[] source = BootImages.All[dice.Below(BootImages.All.Count)], kernel = Mutation.Spoil(dice, source, 0x268);
        if (source[0] == 0x7F)
            Mend(dice, kernel);
        var image = new BootImage("kernel", kernel);
        BootImage other = new("other", new byte[dice.OnceIn(128) ? dice.Below(20 << 20) : dice.Below(10_000)]);
        if (dice.OnceIn(4))
            other = new BootImage("other", Mutation.Spoil(dice, BootImages.Disks[dice.Below(BootImages.Disks.Count)], 64));
        string line = dice.OnceIn(16) ? new string('x', dice.Below(100_000)) : dice.OnceIn(4) ? "console=ttyS0 \u00fc \u4e00" : "";
        ulong memory = dice.OnceIn(8) ? dice.Number() & ~(dice.OnceIn(8) ? 0 : 0xFFFul) : Memory;
        long size = kernel.Length + other.Bytes.Length + line.Length;
        long before = GC.GetAllocatedBytesForCurrentThread();
        BootPlan plan;
        try
        {
            plan = dice.Below(8) switch
            {
                0 => BootLoader.Flat(image, dice.Number(), dice.Number(), dice.Pick<int>([16, 32, 64, 0, 8]), memory),
                1 => BootLoader.Linux(image, other, line, memory, null, dice.Pick<int>([32, 64, 16])),
                2 => BootLoader.Multiboot(image, [(other, line), (other, "")], line, memory),
                3 => BootLoader.Multiboot(image, [], line, memory),
                _ when source == BootImages.All[0] => BootLoader.Linux(image, dice.OnceIn(2) ? other : null, line, memory, null, dice.OnceIn(2) ? 64 : 32),
                _ => BootLoader.Multiboot(image, dice.OnceIn(4) ? [(other, line)] : [], line, memory),
            };
        }
        catch (BootException e)
        {
            FuzzException.Unless(!e.Message.Any(char.IsControl) && e.Message.Length < LongestMessage, $"not one line: {e.Message}");
            return false;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        FuzzException.Unless(allocated <= AllocatedAtLeast + (AllocatedTimes * size), $"{allocated} bytes were allocated for images of {size}");
        Check(plan, memory);
        if (memory == Memory && dice.OnceIn(8))
            Start(plan, memory);
        return true;
    }

    /// <summary>Puts the checksum of the Multiboot header right again, so that what was spoilt behind it is looked at.</summary>
    private static void Mend(Dice dice, byte[] kernel)
    {
        if (kernel.Length < 0x10C || dice.OnceIn(4))
            return;
        uint flags = BitConverter.ToUInt32(kernel, 0x104);
        BitConverter.TryWriteBytes(kernel.AsSpan(0x100), 0x1BADB002u);
        BitConverter.TryWriteBytes(kernel.AsSpan(0x108), unchecked(0u - 0x1BADB002u - flags));
    }

    /// <summary>Images lie in RAM, and none over another.</summary>
    private static void Check(BootPlan plan, ulong memory)
    {
        (ulong Start, ulong End)[] ranges = [.. plan.Images.Select(i => (i.Address,
            i.Address + (ulong)i.Bytes.Length)).OrderBy(r => r.Address)];
        for (int i = 0; i < ranges.Length; i++)
        {
            FuzzException.Unless(ranges[i].End <= memory && ranges[i].End >= ranges[i].Start,
                $"an image at {ranges[i].Start:x} to {ranges[i].End:x} of {memory:x}");
            FuzzException.Unless(i == 0 || ranges[i - 1].End <= ranges[i].Start, $"images overlap at {ranges[i].Start:x}");
        }
    }

    private static void Start(BootPlan plan, ulong memory)
    {
        MachineManifest manifest = Manifests.Least with { MemoryBytes = memory, Boot = plan.Boot };
        var input = new NoInput();
        using var machine = new VirtualMachine(manifest, plan.Images, input, input, new MachineOptions { UntilTime = 3_000 });
        machine.Run();
    }
}
