using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// The virtio devices that the manifest asks for, each in its place: registers at <see cref="PlatformShape.VirtioAddress"/> + n * 1000h, interrupt GSI 16 + n,
/// where n is 0 for the disk, 1 for the console, 2 for the entropy device, whether or not the others are there.
/// </summary>
internal sealed class VirtioSet
{
    private const int DiskPlace = 0, ConsolePlace = 1, EntropyPlace = 2;

    private readonly List<(int Place, VirtioDevice Device)> devices = [];

    /// <summary>Builds them.</summary>
    /// <param name="manifest">Says which there are.</param>
    /// <param name="clock">Virtual time.</param>
    /// <param name="parts">What they work with; null for none of them.</param>
    /// <param name="line">The wire of a global system interrupt.</param>
    public VirtioSet(MachineManifest manifest, IVirtualClock clock, VirtioParts? parts, Func<int, IInterruptLine> line)
    {
        if (parts is null)
            return;
        VirtioWiring Wiring(int place) => new(clock, line(PlatformShape.VirtioInterrupt + place), parts.Memory);
        if (manifest.Disk is { } speed && parts.Disk is { } disk)
            devices.Add((DiskPlace, new VirtioBlock(disk, parts.Observer, Wiring(DiskPlace), speed.LatencyNanoseconds, speed.NanosecondsPerKiB)));
        if (manifest.VirtioConsole)
        {
            Console = new VirtioConsole(parts.Console, Wiring(ConsolePlace));
            devices.Add((ConsolePlace, Console));
        }

        if (manifest.VirtioEntropy)
            devices.Add((EntropyPlace, new VirtioEntropy(parts.Entropy, Wiring(EntropyPlace))));
    }

    /// <summary>The console; null where there is none.</summary>
    public VirtioConsole? Console { get; }

    /// <summary>The devices, in the order of their places.</summary>
    public IEnumerable<VirtioDevice> All => devices.Select(d => d.Device);

    /// <summary>Where their registers are.</summary>
    public IEnumerable<MmioClaim> Claims =>
        devices.Select(d => new MmioClaim(d.Device, PlatformShape.VirtioAddress + ((ulong)d.Place * VirtioDevice.WindowLength), VirtioDevice.WindowLength));
}
