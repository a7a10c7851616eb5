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

/// <summary>A random word that the guest was given (RDRAND, RDSEED).</summary>
/// <param name="Value">The word, zero-extended.</param>
/// <param name="Size">Width: 2, 4 or 8 bytes.</param>
/// <param name="Valid">False where none was available: CF is then clear and the value 0.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
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
