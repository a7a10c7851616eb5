namespace ReplayVmm.Events;

/// <summary>A memslot was created or replaced.</summary>
/// <param name="Slot">Number of the slot.</param>
/// <param name="Address">Guest-physical address it begins at.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Flags">Its flags.</param>
public readonly record struct MemslotSet(uint Slot, ulong Address, ulong Size, uint Flags)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MemslotSet"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MemslotSet From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MemslotSet);
        return new MemslotSet((uint)e.A, e.B, e.C, (uint)e.D);
    }
}

/// <summary>A memslot's flags changed.</summary>
/// <param name="Slot">Number of the slot.</param>
/// <param name="Old">Flags before.</param>
/// <param name="New">Flags after.</param>
public readonly record struct MemslotFlagsUpdated(uint Slot, uint Old, uint New)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MemslotFlagsUpdated"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MemslotFlagsUpdated From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MemslotFlagsUpdated);
        return new MemslotFlagsUpdated((uint)e.A, (uint)e.B, (uint)e.C);
    }
}

/// <summary>A memslot was removed.</summary>
/// <param name="Slot">Number of the slot.</param>
public readonly record struct MemslotDeleted(uint Slot)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MemslotDeleted"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MemslotDeleted From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MemslotDeleted);
        return new MemslotDeleted((uint)e.A);
    }
}

/// <summary>The virtual machine monitor wrote guest memory; the bytes are the payload.</summary>
/// <param name="Address">Guest-physical address of the first byte.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct GuestMemoryWritten(ulong Address, ulong Length)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.GuestMemoryWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static GuestMemoryWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.GuestMemoryWritten);
        return new GuestMemoryWritten(e.A, e.B);
    }
}

/// <summary>A load from a device's memory.</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Size">Width: 1, 2, 4 or 8 bytes.</param>
/// <param name="Value">What was read, zero-extended.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct MmioRead(ulong Address, byte Size, ulong Value, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MmioRead"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MmioRead From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MmioRead);
        return new MmioRead(e.A, (byte)e.B, e.C, e.D);
    }
}

/// <summary>A store to a device's memory.</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Size">Width: 1, 2, 4 or 8 bytes.</param>
/// <param name="Value">What was written, zero-extended.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct MmioWritten(ulong Address, byte Size, ulong Value, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MmioWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MmioWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MmioWritten);
        return new MmioWritten(e.A, (byte)e.B, e.C, e.D);
    }
}
