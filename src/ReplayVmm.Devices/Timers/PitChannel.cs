using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>
/// One counter of an 8254 (Intel 8254 data sheet) as a function of the tick number of its 1.193182 MHz clock. The counting element is not
/// stepped: it is where it was loaded and how long ago. Ticks are compared by signed difference, so a base may lie before time zero.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PitChannel
{
    private const byte AccessLow = 1, AccessHigh = 2, AccessBoth = 3;

    /// <summary>Tick at which the counting element was loaded with <see cref="Count"/>; in the future for one tick after a load.</summary>
    public ulong Base;

    /// <summary>Ticks counted when the gate stopped the counter.</summary>
    public ulong Held;

    /// <summary>Tick at which <see cref="NextCount"/> takes over (modes 2 and 3).</summary>
    public ulong SwitchTick;

    /// <summary>Length of the count in use: 1 to 65,536, or to 10,000 in BCD; 0 before the first one.</summary>
    public uint Count;

    /// <summary>The count register: what the next load will take; 0 before the first one.</summary>
    public uint NextCount;

    public ushort LatchedCount;
    public byte Control;
    public byte Running;
    public byte SwitchPending;
    public byte Gate;
    public byte OutputBefore;
    public byte LowByteWritten;
    public byte WaitsForHighWrite;
    public byte ReadsHighNext;
    public byte LatchedBytes;
    public byte StatusLatched;
    public byte LatchedStatus;

    public readonly int Mode => Fold((Control >> 1) & 7);

    private readonly bool Bcd => (Control & 1) != 0;

    private readonly int Access => (Control >> 4) & 3;

    private readonly uint Modulus => Bcd ? 10_000u : 0x10000u;

    private readonly bool GateStops => Gate == 0 && Mode is not (1 or 5);

    private readonly ulong HighHalf => (Count + 1) / 2;

    /// <summary>The OUT pin at <paramref name="tick"/>.</summary>
    public readonly bool Output(ulong tick)
    {
        int mode = Mode;
        if (Running == 0)
            return mode != 0;
        if (mode is 2 or 3 && Gate == 0)
            return true;
        long elapsed = Elapsed(tick);
        if (elapsed < 0)
            return OutputBefore != 0;
        ulong done = (ulong)elapsed;
        return mode switch
        {
            0 or 1 => done >= Length,
            2 => Length < 2 || done % Length != Length - 1,
            3 => Length < 2 || done % Length < HighHalf,
            _ => done != Length,
        };
    }

    /// <summary>
    /// The first tick after <paramref name="tick"/> at which OUT changes if nobody touches the counter; <see cref="ulong.MaxValue"/> for never.
    /// </summary>
    public readonly ulong NextEdge(ulong tick)
    {
        if (Running == 0 || GateStops)
            return ulong.MaxValue;
        long elapsed = Elapsed(tick);
        bool loaded = elapsed >= 0;
        ulong done = loaded ? (ulong)elapsed : 0;
        ulong from = loaded ? tick : Base;
        if (!loaded && Output(Base) != (OutputBefore != 0))
            return Base;
        switch (Mode)
        {
            case 0 or 1:
                return done < Length ? from + (Length - done) : ulong.MaxValue;
            case 2 when Length < 2:
            case 3 when Length < 2:
                return ulong.MaxValue;
            case 2:
                ulong phase = done % Length;
                return phase < Length - 1 ? from + (Length - 1 - phase) : from + 1;
            case 3:
                ulong half = done % Length;
                return half < HighHalf ? from + (HighHalf - half) : from + (Length - half);
            default:
                return done < Length ? from + (Length - done) : done == Length ? from + 1 : ulong.MaxValue;
        }
    }

    /// <summary>Lets a count that waits for the end of a cycle take over when that end has passed.</summary>
    public void Synchronize(ulong tick)
    {
        if (SwitchPending == 0 || (long)(tick - SwitchTick) < 0)
            return;
        bool high = Mode != 3 || ((SwitchTick - Base) % Length) < HighHalf;
        Count = NextCount;
        SwitchPending = 0;
        Base = high ? SwitchTick : SwitchTick - HighHalf;
    }

    public void SetGate(bool high, ulong tick)
    {
        if (high == (Gate != 0))
            return;
        Synchronize(tick);
        bool output = Output(tick);
        int mode = Mode;
        if (!high && mode is not (1 or 5))
            Held = (ulong)Math.Max(0, Elapsed(tick));
        Gate = high ? (byte)1 : (byte)0;
        if (!high)
            return;
        switch (mode)
        {
            case 0 or 4:
                Base = tick - Held;
                break;
            case 2 or 3 when Running != 0:
            case 1 or 5 when NextCount != 0:
                Load(tick, output);
                break;
        }
    }

    public void WriteControl(byte value, ulong tick)
    {
        Control = value;
        Running = 0;
        SwitchPending = 0;
        Held = 0;
        Base = tick;
        Count = 0;
        NextCount = 0;
        OutputBefore = Mode == 0 ? (byte)0 : (byte)1;
        WaitsForHighWrite = 0;
        ReadsHighNext = 0;
        LatchedBytes = 0;
        StatusLatched = 0;
    }

    public void WriteCount(byte value, ulong tick)
    {
        Synchronize(tick);
        switch (Access)
        {
            case AccessLow:
                SetCount(value, tick);
                break;
            case AccessHigh:
                SetCount((uint)value << 8, tick);
                break;
            case AccessBoth when WaitsForHighWrite == 0:
                LowByteWritten = value;
                WaitsForHighWrite = 1;
                // Mode 0 stops at the first byte and OUT falls; the other modes count on.
                if (Mode == 0)
                    Running = 0;
                break;
            case AccessBoth:
                WaitsForHighWrite = 0;
                SetCount(LowByteWritten | ((uint)value << 8), tick);
                break;
        }
    }

    public byte Read(ulong tick)
    {
        Synchronize(tick);
        if (StatusLatched != 0)
        {
            StatusLatched = 0;
            return LatchedStatus;
        }

        ushort count = LatchedBytes != 0 ? LatchedCount : Current(tick);
        bool high = Access == AccessHigh || (Access == AccessBoth && ReadsHighNext != 0);
        if (Access == AccessBoth)
            ReadsHighNext ^= 1;
        if (LatchedBytes != 0)
            LatchedBytes--;
        return (byte)(high ? count >> 8 : count);
    }

    /// <summary>Counter latch command; a second one before the count is read is ignored.</summary>
    public void LatchCount(ulong tick)
    {
        Synchronize(tick);
        if (LatchedBytes != 0)
            return;
        LatchedCount = Current(tick);
        LatchedBytes = Access == AccessBoth ? (byte)(2 - (ReadsHighNext & 1)) : (byte)1;
    }

    /// <summary>Read-back of the status: OUT, null count, and the control word; a second one before it is read is ignored.</summary>
    public void LatchStatus(ulong tick)
    {
        Synchronize(tick);
        if (StatusLatched != 0)
            return;
        bool nullCount = Running == 0 || SwitchPending != 0 || NextCount != Count || Elapsed(tick) < 0;
        LatchedStatus = (byte)((Output(tick) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (Control & 0x3F));
        StatusLatched = 1;
    }

    private static int Fold(int mode) => mode > 5 ? mode - 4 : mode;

    // A state from outside may hold a zero here although it says the counter runs; dividing by it must not be possible.
    private readonly ulong Length => Math.Max(Count, 1);

    private readonly long Elapsed(ulong tick) => GateStops ? (long)Held : (long)(tick - Base);

    private void SetCount(uint written, ulong tick)
    {
        uint count = Bcd ? FromBcd(written) : written;
        NextCount = count == 0 ? Modulus : count;
        int mode = Mode;
        if (mode is 1 or 5)
            return;
        if (mode is 2 or 3 && Running != 0 && Gate != 0)
        {
            ulong edge = tick;
            long elapsed = Elapsed(tick);
            // A count of one is forbidden in these modes; it stops the output high, and at once, because it has no half to wait for.
            if (Length < 2 || NextCount < 2 || elapsed < 0)
            {
                Load(tick, Output(tick));
                return;
            }

            ulong done = (ulong)elapsed % Length;
            edge += mode == 3 && done < HighHalf ? HighHalf - done : Length - done;
            SwitchTick = edge;
            SwitchPending = 1;
            return;
        }

        Load(tick, mode != 0 && Output(tick));
    }

    private void Load(ulong tick, bool output)
    {
        Count = NextCount;
        SwitchPending = 0;
        Running = 1;
        Held = 0;
        OutputBefore = output ? (byte)1 : (byte)0;
        Base = tick + 1;
    }

    private readonly ushort Current(ulong tick)
    {
        if (Running == 0)
            return ToRegister(NextCount);
        long elapsed = Elapsed(tick);
        ulong done = elapsed < 0 ? 0 : (ulong)elapsed;
        switch (Mode)
        {
            case 2:
                return ToRegister((uint)(Length - (done % Length)));
            case 3:
                ulong position = done % Length;
                if (position >= HighHalf)
                    position -= HighHalf;
                return ToRegister((uint)((Length & ~1ul) - (2 * position)));
            default:
                return ToRegister((uint)((Length + Modulus - (done % Modulus)) % Modulus));
        }
    }

    private readonly ushort ToRegister(uint count)
    {
        count %= Modulus;
        if (!Bcd)
            return (ushort)count;
        return (ushort)((count % 10) | (count / 10 % 10 << 4) | (count / 100 % 10 << 8) | (count / 1000 << 12));
    }

    private static uint FromBcd(uint value) =>
        ((value & 15) + ((value >> 4 & 15) * 10) + ((value >> 8 & 15) * 100) + ((value >> 12 & 15) * 1000)) % 10_000;
}
