namespace ReplayVmm.Devices;

/// <summary>
/// What every device is: plain state that can be hashed, saved and put back. A device never reads a clock, never draws a random number
/// and never blocks: time comes from <see cref="IVirtualClock"/>, everything from outside through a method that the machine calls at an
/// exact virtual time.
/// </summary>
public interface IDevice
{
    /// <summary>Short lower-case name, unique in a machine: <c>com1</c>, <c>pit</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The device's whole state as bytes, writable: reading it saves the device, writing it restores it. Backed by one unmanaged struct, so
    /// that equal states have equal bytes (no padding, no pointers, no references).
    /// </summary>
    Span<byte> State { get; }
}

/// <summary>A device with so much state that a digest covers its hash, made anew only after a change.</summary>
public interface IBulkyDevice : IDevice
{
    /// <summary>
    /// Rises when the state changes, and when <see cref="IDevice.State"/> is asked for, since whoever has it may write it.
    /// </summary>
    ulong Changes { get; }
}

/// <summary>Virtual time; never goes back.</summary>
public interface IVirtualClock
{
    /// <summary>Nanoseconds since the machine was switched on.</summary>
    ulong Now { get; }
}

/// <summary>A device with I/O ports.</summary>
public interface IPortDevice : IDevice
{
    /// <summary>IN of <paramref name="size"/> bytes (1, 2 or 4) from <paramref name="port"/>; bits above the size are zero.</summary>
    uint ReadPort(ushort port, int size);

    /// <summary>OUT of <paramref name="size"/> bytes (1, 2 or 4) to <paramref name="port"/>; bits of the value above the size are zero.</summary>
    void WritePort(ushort port, int size, uint value);
}

/// <summary>A device with registers in memory.</summary>
public interface IMmioDevice : IDevice
{
    /// <summary>Load of <paramref name="size"/> bytes (1, 2, 4 or 8) at <paramref name="offset"/> from the device's base.</summary>
    ulong ReadMemory(ulong offset, int size);

    /// <summary>Store of <paramref name="size"/> bytes (1, 2, 4 or 8) at <paramref name="offset"/> from the device's base.</summary>
    void WriteMemory(ulong offset, int size, ulong value);
}

/// <summary>A device that does something by itself at a certain virtual time.</summary>
public interface ITimedDevice : IDevice
{
    /// <summary>Absolute virtual time of the next thing it will do; <see cref="ulong.MaxValue"/> for nothing.</summary>
    ulong Deadline { get; }

    /// <summary>Does all that is due at or before the clock's <see cref="IVirtualClock.Now"/>.</summary>
    void Advance();
}

/// <summary>A wire that a device raises and lowers.</summary>
public interface IInterruptLine
{
    /// <summary>Sets the wire's level; setting the same level again does nothing.</summary>
    void Set(bool asserted);
}

/// <summary>A device that takes bytes which a person or a script types.</summary>
public interface IConsoleDevice : IDevice
{
    /// <summary>How many more bytes <see cref="Receive"/> takes now without losing one.</summary>
    int ReceiveCapacity { get; }

    /// <summary>Bytes arrive at the device.</summary>
    void Receive(ReadOnlySpan<byte> bytes);
}

/// <summary>Where a device's printed bytes go.</summary>
public interface IConsoleSink
{
    /// <summary>The guest printed one byte.</summary>
    void Write(byte value);
}

/// <summary>What a device may ask of the machine it is in.</summary>
public enum PlatformRequest
{
    /// <summary>Reset the machine (8042 pulse, port 92h, port CF9h).</summary>
    Reset,
    /// <summary>Switch the machine off (ACPI port).</summary>
    PowerOff,
    /// <summary>End with the code that was written (isa-debug-exit): the process-style code is (value &lt;&lt; 1) | 1.</summary>
    Exit,
    /// <summary>Let address line 20 through; code 1, or hold it low; code 0.</summary>
    AddressLine20,
}

/// <summary>The machine, as a device sees it.</summary>
public interface IPlatform
{
    /// <summary>Asks for <paramref name="request"/>; it takes effect when the instruction that caused it has completed.</summary>
    void Request(PlatformRequest request, uint code);
}
