using ReplayVmm.Hypervisor;

namespace ReplayVmm.Machine;

/// <summary>What a manifest must satisfy before a machine is built from it; it may come from a file that nobody vouches for.</summary>
internal static class ManifestRules
{
    private const ulong LongestQuantum = 1ul << 32, SlowestInstruction = 1_000_000, SlowestDisk = 1_000_000_000;

    /// <summary>Refuses a machine that cannot be.</summary>
    /// <exception cref="BootException">Says which member and what it may be.</exception>
    public static void Check(MachineManifest manifest)
    {
        MemoryMap.Check(manifest.MemoryBytes);
        if (manifest.Vcpus is < 1 or > VmState.MaximumVcpus)
            throw new BootException($"{manifest.Vcpus} virtual processors: give 1 to {VmState.MaximumVcpus}");
        if (manifest.Vendor is not "vmx")
            throw new BootException($"vendor '{manifest.Vendor}': this version has vmx");
        if (manifest.Quantum is 0 or > LongestQuantum)
            throw new BootException($"a turn of {manifest.Quantum} instructions: give 1 to {LongestQuantum}");
        if (manifest.NanosecondsPerInstruction is 0 or > SlowestInstruction)
            throw new BootException($"{manifest.NanosecondsPerInstruction} ns an instruction: give 1 to {SlowestInstruction}");
        if (manifest.PortNanoseconds > SlowestInstruction)
            throw new BootException($"{manifest.PortNanoseconds} ns a port access: give 0 to {SlowestInstruction}");
        if (manifest.DigestNanosecondsPerPage > SlowestInstruction)
            throw new BootException($"{manifest.DigestNanosecondsPerPage} ns a page between digests: give 0 to {SlowestInstruction}");
        if (manifest.DigestEveryNanoseconds == 0 || manifest.DigestEveryEvents == 0)
            throw new BootException("digests after 0 ns or 0 events: give at least 1");
        if (manifest.WallClockStart is < 0 or > 10_000_000_000)
            throw new BootException($"wall clock {manifest.WallClockStart}: give seconds since 1970, up to 10,000,000,000");
        CheckVirtio(manifest);
        if (manifest.Boot is null || manifest.Boot.Registers is not { Count: 8 })
            throw new BootException("the manifest's boot state needs eight registers");
        if (manifest.Boot.Mode is not (16 or 32 or 64))
            throw new BootException($"boot mode {manifest.Boot.Mode}: give 16, 32 or 64");
        ulong highest = manifest.Boot.Mode switch { 16 => 0xFFFFF, 32 => uint.MaxValue, _ => (1ul << 47) - 1 };
        if (manifest.Boot.Entry > highest)
            throw new BootException($"entry {manifest.Boot.Entry:x}: a {manifest.Boot.Mode}-bit guest starts at or below {highest:x}");
    }

    private static void CheckVirtio(MachineManifest manifest)
    {
        if (manifest.InputToVirtioConsole && !manifest.VirtioConsole)
            throw new BootException("input goes to the virtio console, and the machine has none");
        if (manifest.Disk is not { } disk)
            return;
        if (disk.Length is <= 0 or > DiskManifest.LargestLength || disk.Length % DiskManifest.SectorLength != 0)
            throw new BootException($"a disk of {disk.Length} bytes: give whole sectors of {DiskManifest.SectorLength}, up to {DiskManifest.LargestLength}");
        if (disk.Sha256.Length != 64 || !disk.Sha256.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f')))
            throw new BootException($"the disk's sha256 '{disk.Sha256}' is not 64 lower-case hexadecimal digits");
        if (disk.LatencyNanoseconds is 0 or > SlowestDisk || disk.NanosecondsPerKiB > SlowestDisk)
            throw new BootException($"a disk of {disk.LatencyNanoseconds} ns a request and {disk.NanosecondsPerKiB} ns a KiB: give 1 and 0 to {SlowestDisk}");
    }

    /// <summary>Refuses images that do not lie in memory.</summary>
    /// <exception cref="BootException">Says which.</exception>
    public static void CheckImages(IReadOnlyList<MemoryImage> images, IReadOnlyList<Memslot> slots)
    {
        foreach (MemoryImage image in images)
        {
            ulong length = (ulong)image.Bytes.Length;
            if (length != 0 && !slots.Any(s => s.Contains(image.Address) && length <= s.Size - (image.Address - s.Address)))
                throw new BootException(
                    $"{length} bytes at {image.Address:x} do not fit into guest memory: give the guest more memory or another address");
        }
    }
}
