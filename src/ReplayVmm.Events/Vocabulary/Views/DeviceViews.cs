namespace ReplayVmm.Events;

/// <summary>IN or INS.</summary>
/// <param name="Port">Port.</param>
/// <param name="Size">Width: 1, 2 or 4 bytes.</param>
/// <param name="Value">What was read, zero-extended.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct PortRead(ushort Port, byte Size, uint Value, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.PortRead"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static PortRead From(in Event e)
    {
        ViewOf.Expect(e, EventKind.PortRead);
        return new PortRead((ushort)e.A, (byte)e.B, (uint)e.C, e.D);
    }
}

/// <summary>OUT or OUTS.</summary>
/// <param name="Port">Port.</param>
/// <param name="Size">Width: 1, 2 or 4 bytes.</param>
/// <param name="Value">What was written, zero-extended.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct PortWritten(ushort Port, byte Size, uint Value, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.PortWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static PortWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.PortWritten);
        return new PortWritten((ushort)e.A, (byte)e.B, (uint)e.C, e.D);
    }
}

/// <summary>Bytes that entered through a console; they are the payload.</summary>
/// <param name="Device">Which console.</param>
public readonly record struct ConsoleInput(uint Device)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.ConsoleInput"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static ConsoleInput From(in Event e)
    {
        ViewOf.Expect(e, EventKind.ConsoleInput);
        return new ConsoleInput((uint)e.A);
    }
}

/// <summary>Bytes that the guest printed; they are the payload.</summary>
/// <param name="Device">Which console.</param>
public readonly record struct ConsoleOutput(uint Device)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.ConsoleOutput"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static ConsoleOutput From(in Event e)
    {
        ViewOf.Expect(e, EventKind.ConsoleOutput);
        return new ConsoleOutput((uint)e.A);
    }
}

/// <summary>A random word that the guest was given (RDRAND, RDSEED, an entropy device).</summary>
/// <param name="Value">The word, zero-extended.</param>
/// <param name="Size">Width: 2, 4 or 8 bytes; for a device 1 to 8.</param>
/// <param name="Valid">False where none was available: CF is then clear and the value 0.</param>
/// <param name="Rip">Linear offset of the instruction (RIP); 0 where a device drew it.</param>
public readonly record struct EntropyDrawn(ulong Value, byte Size, bool Valid, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.EntropyDrawn"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static EntropyDrawn From(in Event e)
    {
        ViewOf.Expect(e, EventKind.EntropyDrawn);
        return new EntropyDrawn(e.A, (byte)e.B, e.C != 0, e.D);
    }
}

/// <summary>The guest's read from a disk was answered. The data is that of the image, which the manifest names by its hash, or what the guest wrote there.</summary>
/// <param name="Disk">Which disk.</param>
/// <param name="Sector">First sector of 512 bytes, as the guest named it.</param>
/// <param name="Length">Bytes that it asked for.</param>
/// <param name="Status">0 done, 1 an error, 2 not supported.</param>
public readonly record struct BlockRead(uint Disk, ulong Sector, uint Length, byte Status)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.BlockRead"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static BlockRead From(in Event e)
    {
        ViewOf.Expect(e, EventKind.BlockRead);
        return new BlockRead((uint)e.A, e.B, (uint)e.C, (byte)e.D);
    }
}

/// <summary>The guest's write to a disk was answered.</summary>
/// <param name="Disk">Which disk.</param>
/// <param name="Sector">First sector of 512 bytes, as the guest named it.</param>
/// <param name="Length">Bytes that it asked for.</param>
/// <param name="Status">0 done, 1 an error, 2 not supported.</param>
public readonly record struct BlockWritten(uint Disk, ulong Sector, uint Length, byte Status)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.BlockWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static BlockWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.BlockWritten);
        return new BlockWritten((uint)e.A, e.B, (uint)e.C, (byte)e.D);
    }
}
