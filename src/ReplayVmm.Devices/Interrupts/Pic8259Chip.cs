using System.Numerics;
using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>
/// One 8259A (Intel 8259A data sheet), registers and behaviour; <see cref="Pic8259Pair"/> holds two of them as its state. In edge mode a
/// request lasts as long as its line stays high, as in the chip: a line that falls before the acknowledge leaves a spurious interrupt 7.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Pic8259Chip
{
    private const byte NeedsIcw4 = 0x01, Single = 0x02, LevelTriggered = 0x08;
    private const byte AutoEoi = 0x02, SpecialFullyNested = 0x10;

    public byte Lines;
    public byte EdgeLatch;
    public byte InService;
    public byte Mask;
    public byte LevelSelect;
    public byte Icw1;
    public byte Icw2;
    public byte Icw3;
    public byte Icw4;
    public byte NextIcw;
    public byte Initialized;
    public byte LowestPriority;
    public byte ReadInService;
    public byte PollPending;
    public byte SpecialMask;
    public byte RotateInAutoEoi;

    /// <summary>Whether ICW1 said that other chips hang on this one.</summary>
    public readonly bool Cascaded => (Icw1 & Single) == 0;

    /// <summary>The interrupt request register as OCW3 shows it.</summary>
    public readonly byte Requests
    {
        get
        {
            byte levels = (Icw1 & LevelTriggered) != 0 ? (byte)0xFF : LevelSelect;
            return (byte)((EdgeLatch & ~levels) | (Lines & levels));
        }
    }

    public void SetLine(int input, bool asserted)
    {
        byte bit = (byte)(1 << input);
        if (!asserted)
        {
            Lines &= (byte)~bit;
            EdgeLatch &= (byte)~bit;
        }
        else if ((Lines & bit) == 0)
        {
            Lines |= bit;
            EdgeLatch |= bit;
        }
    }

    /// <summary>The input that is asking the processor now, or -1: the INT output.</summary>
    /// <param name="cascadeInputs">Inputs that carry another chip; special fully nested mode lets those interrupt themselves.</param>
    public readonly int Requesting(byte cascadeInputs)
    {
        byte waiting = (byte)(Requests & ~Mask);
        if (Initialized == 0 || waiting == 0)
            return -1;
        int distance = DistanceOfHighest(waiting);
        int input = (LowestPriority + 1 + distance) & 7;
        byte blocking = SpecialMask != 0 ? (byte)(InService & ~Mask) : InService;
        if (blocking == 0)
            return input;
        int barrier = DistanceOfHighest(blocking);
        bool nested = (Icw4 & SpecialFullyNested) != 0 && ((cascadeInputs >> input) & 1) != 0;
        return distance < barrier || (nested && distance == barrier) ? input : -1;
    }

    /// <summary>The chip's half of an INTA cycle; -1 (spurious) changes nothing.</summary>
    public void Acknowledge(int input)
    {
        if (input < 0)
            return;
        byte bit = (byte)(1 << input);
        EdgeLatch &= (byte)~bit;
        if ((Icw4 & AutoEoi) == 0)
            InService |= bit;
        else if (RotateInAutoEoi != 0)
            LowestPriority = (byte)input;
    }

    /// <summary>Vector of an input, 7 for spurious.</summary>
    public readonly int Vector(int input) => (Icw2 & 0xF8) | (input < 0 ? 7 : input);

    public byte Read(bool data, byte cascadeInputs)
    {
        if (PollPending == 0)
            return data ? Mask : ReadInService != 0 ? InService : Requests;
        PollPending = 0;
        int input = Requesting(cascadeInputs);
        Acknowledge(input);
        return input < 0 ? (byte)0 : (byte)(0x80 | input);
    }

    public void Write(bool data, byte value)
    {
        if (data)
            WriteData(value);
        else if ((value & 0x10) != 0)
            WriteIcw1(value);
        else if ((value & 0x08) != 0)
            WriteOcw3(value);
        else
            WriteOcw2(value);
    }

    private void WriteIcw1(byte value)
    {
        Icw1 = value;
        EdgeLatch = 0;
        InService = 0;
        Mask = 0;
        LowestPriority = 7;
        ReadInService = 0;
        PollPending = 0;
        SpecialMask = 0;
        RotateInAutoEoi = 0;
        Icw4 = 0;
        Initialized = 0;
        NextIcw = 2;
    }

    private void WriteData(byte value)
    {
        switch (NextIcw)
        {
            case 2:
                Icw2 = value;
                NextIcw = (byte)(Cascaded ? 3 : AfterIcw3());
                break;
            case 3:
                Icw3 = value;
                NextIcw = AfterIcw3();
                break;
            case 4:
                Icw4 = value;
                NextIcw = 0;
                break;
            default:
                Mask = value;
                return;
        }

        Initialized = (byte)(NextIcw == 0 ? 1 : 0);
    }

    private readonly byte AfterIcw3() => (Icw1 & NeedsIcw4) != 0 ? (byte)4 : (byte)0;

    private void WriteOcw2(byte value)
    {
        byte level = (byte)(value & 7);
        switch (value >> 5)
        {
            case 0:
                RotateInAutoEoi = 0;
                break;
            case 1:
                EndHighest(rotate: false);
                break;
            case 3:
                InService &= (byte)~(1 << level);
                break;
            case 4:
                RotateInAutoEoi = 1;
                break;
            case 5:
                EndHighest(rotate: true);
                break;
            case 6:
                LowestPriority = level;
                break;
            case 7:
                InService &= (byte)~(1 << level);
                LowestPriority = level;
                break;
        }
    }

    private void WriteOcw3(byte value)
    {
        if ((value & 0x40) != 0)
            SpecialMask = (byte)((value >> 5) & 1);
        PollPending = (byte)((value >> 2) & 1);
        if ((value & 2) != 0)
            ReadInService = (byte)(value & 1);
    }

    private void EndHighest(bool rotate)
    {
        // A level masked in special mask mode is not ended by a non-specific command.
        byte candidates = SpecialMask != 0 ? (byte)(InService & ~Mask) : InService;
        if (candidates == 0)
            return;
        int input = (LowestPriority + 1 + DistanceOfHighest(candidates)) & 7;
        InService &= (byte)~(1 << input);
        if (rotate)
            LowestPriority = (byte)input;
    }

    /// <summary>How far the highest-priority set bit stands below the top priority, 0 to 7; <paramref name="bits"/> is not zero.</summary>
    private readonly int DistanceOfHighest(byte bits)
    {
        int top = (LowestPriority + 1) & 7;
        uint rotated = (uint)((bits >> top) | (bits << (8 - top))) & 0xFF;
        return BitOperations.TrailingZeroCount(rotated);
    }
}
