using ReplayVmm.Hypervisor;

namespace ReplayVmm.Machine;

/// <summary>
/// Where a PC has its memory: RAM below the video hole at A0000h, firmware at C0000h to FFFFFh, RAM from 1 MiB up to a hole below 4 GiB,
/// and the rest above 4 GiB.
/// </summary>
public static class MemoryMap
{
    /// <summary>End of the RAM that real-mode programs use; the video hole begins.</summary>
    public const ulong VideoHole = 0xA0000;
    /// <summary>Where adapters' and the machine's firmware begins.</summary>
    public const ulong Firmware = 0xC0000;
    /// <summary>1 MiB: RAM goes on.</summary>
    public const ulong HighMemory = 0x10_0000;
    /// <summary>RAM ends here at the latest; devices have the rest below 4 GiB.</summary>
    public const ulong DeviceHole = 0xC000_0000;
    /// <summary>RAM that does not fit below the device hole goes on here.</summary>
    public const ulong FourGiB = 0x1_0000_0000;
    /// <summary>The firmware's data segment: the last KiB below the video hole.</summary>
    public const ulong ExtendedBiosData = 0x9FC00;
    /// <summary>Least guest memory in bytes.</summary>
    public const ulong Minimum = 0x10_0000;
    /// <summary>Most guest memory in bytes.</summary>
    public const ulong Maximum = 1ul << 36;
    private const ulong PageSize = 4096;

    /// <summary>RAM below the device hole that <paramref name="memoryBytes"/> gives: the address after its last byte.</summary>
    public static ulong LowEnd(ulong memoryBytes) => Math.Min(memoryBytes, DeviceHole);

    /// <summary>Bytes of RAM from 4 GiB on.</summary>
    public static ulong AboveFourGiB(ulong memoryBytes) => memoryBytes - LowEnd(memoryBytes);

    /// <summary>The memslots of a machine; a slot's number is its index.</summary>
    /// <exception cref="BootException">No machine has that much, that little, or that odd an amount of memory.</exception>
    public static IReadOnlyList<Memslot> Slots(ulong memoryBytes)
    {
        Check(memoryBytes);
        List<Memslot> slots =
        [
            new() { Address = 0, Size = VideoHole },
            new() { Address = Firmware, Size = HighMemory - Firmware, Flags = MemslotFlags.ReadOnly },
        ];
        if (LowEnd(memoryBytes) > HighMemory)
            slots.Add(new() { Address = HighMemory, Size = LowEnd(memoryBytes) - HighMemory });
        if (AboveFourGiB(memoryBytes) != 0)
            slots.Add(new() { Address = FourGiB, Size = AboveFourGiB(memoryBytes) });
        return slots;
    }

    /// <summary>The map that firmware reports to an operating system (ACPI 15.1): address, length, type (1 usable, 2 reserved).</summary>
    public static IReadOnlyList<(ulong Address, ulong Length, uint Type)> E820(ulong memoryBytes)
    {
        const uint Usable = 1, Reserved = 2;
        Check(memoryBytes);
        List<(ulong, ulong, uint)> map =
        [
            (0, ExtendedBiosData, Usable),
            (ExtendedBiosData, VideoHole - ExtendedBiosData, Reserved),
            (0xF0000, HighMemory - 0xF0000, Reserved),
        ];
        if (LowEnd(memoryBytes) > HighMemory)
            map.Add((HighMemory, LowEnd(memoryBytes) - HighMemory, Usable));
        if (AboveFourGiB(memoryBytes) != 0)
            map.Add((FourGiB, AboveFourGiB(memoryBytes), Usable));
        return map;
    }

    /// <summary>Where <paramref name="guestPhysical"/> of a slot lies in the host's block.</summary>
    internal static ulong HostOffset(ulong guestPhysical) => guestPhysical < FourGiB ? guestPhysical : guestPhysical - FourGiB + DeviceHole;

    /// <summary>Refuses an amount of memory that cannot be.</summary>
    /// <exception cref="BootException">It is less than 1 MiB, more than 64 GiB, or not whole pages.</exception>
    public static void Check(ulong memoryBytes)
    {
        if (memoryBytes < Minimum)
            throw new BootException($"guest memory of {memoryBytes} bytes is too small: give at least {Minimum >> 20} MiB");
        if (memoryBytes > Maximum)
            throw new BootException($"guest memory of {memoryBytes >> 20} MiB is too large: give at most {Maximum >> 20} MiB");
        if (memoryBytes % PageSize != 0)
            throw new BootException($"guest memory of {memoryBytes} bytes is not a multiple of {PageSize}: round it");
    }
}
