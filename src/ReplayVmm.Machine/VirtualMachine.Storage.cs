using ReplayVmm.Devices;
using ReplayVmm.Events;

namespace ReplayVmm.Machine;

/// <content>What the virtio devices work with: the disk's image, the doors for entropy and events.</content>
public sealed partial class VirtualMachine
{
    private const ulong VirtioConsoleNumber = 2;

    private readonly DiskOverlay? disk;

    /// <summary>The disk as the guest sees it; null where the machine has none.</summary>
    public DiskOverlay? Disk => disk;

    /// <summary>Where typed bytes arrive.</summary>
    private (IConsoleDevice Device, ulong Number) InputConsole =>
        manifest.InputToVirtioConsole && devices.VirtioConsole is { } virtio ? (virtio, VirtioConsoleNumber) : (devices.Serial, Com1);

    private VirtioParts Parts => new(new DeviceMemory(seat.Memory, slots), virtioConsole, new EntropyEvents(this), new DiskEvents(this), disk);

    /// <summary>Opens the image that the manifest names, and refuses any other.</summary>
    private static DiskOverlay? OpenDisk(MachineManifest manifest, MachineOptions options)
    {
        if (manifest.Disk is not { } wanted)
            return null;
        if (options.OpenDisk is null)
            throw new DiskException($"the machine has a disk, and its image '{wanted.Name}' (sha256 {wanted.Sha256}) was not given");
        DiskImage image = options.OpenDisk(wanted);
        try
        {
            image.Check(wanted);
            return new DiskOverlay(image);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Random words for a device are input events as those for RDRAND are; no instruction asked for them, so their RIP is 0.</summary>
    private sealed class EntropyEvents(VirtualMachine machine) : IEntropyDoor
    {
        /// <inheritdoc/>
        public ulong Draw(int size)
        {
            ulong word = machine.inputs.DrawEntropy(machine.clock.Now) & (ulong.MaxValue >> (64 - (8 * size)));
            machine.HostWriter.Write(EventKind.EntropyDrawn, word, (ulong)size, 1);
            return word;
        }
    }

    private sealed class DiskEvents(VirtualMachine machine) : IDiskObserver
    {
        private const ulong FirstDisk = 0;

        /// <inheritdoc/>
        public void Completed(bool write, ulong sector, uint length, byte status) =>
            machine.HostWriter.Write(write ? EventKind.BlockWritten : EventKind.BlockRead, FirstDisk, sector, length, status);
    }
}
