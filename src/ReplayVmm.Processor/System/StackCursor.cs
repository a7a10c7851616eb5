namespace ReplayVmm.Processor;

/// <summary>
/// A stack in the middle of a far transfer: pushes and pops move <see cref="Pointer"/> only, so that nothing has changed where a later
/// check fails.
/// Limits are those of the stack segment it was made for, which need not be in SS yet.
/// </summary>
internal unsafe ref struct StackCursor
{
    private readonly Core* _c;
    private readonly ulong _base;
    private readonly uint _limit;
    private readonly uint _attributes;
    private readonly int _bits;
    private readonly bool _system;
    private readonly uint _errorCode;

    /// <summary>The stack pointer so far.</summary>
    public ulong Pointer;

    private StackCursor(Core* c, ulong pointer, ulong segmentBase, uint limit, uint attributes, int bits, bool system, uint errorCode)
    {
        _c = c;
        Pointer = pointer;
        (_base, _limit, _attributes) = (segmentBase, limit, attributes);
        (_bits, _system, _errorCode) = (bits, system, errorCode);
    }

    /// <summary>The running program's stack; a violation is #SS(<paramref name="errorCode"/>).</summary>
    public static StackCursor Current(Core* c, uint errorCode = 0)
    {
        ref CpuState s = ref c->State;
        uint attributes = s.SegmentAttributes[(int)SegmentIndex.Ss];
        int bits = OperatingMode.Is64Bit(c) ? 64 : (attributes & SegmentAttribute.Big) != 0 ? 32 : 16;
        return new StackCursor(
            c, s.Gpr[4], s.SegmentBase[(int)SegmentIndex.Ss], s.SegmentLimit[(int)SegmentIndex.Ss], attributes, bits, system: false, errorCode);
    }

    /// <summary>The stack of another privilege level or task, from its descriptor.</summary>
    /// <param name="c">The core.</param>
    /// <param name="d">Descriptor of the stack segment.</param>
    /// <param name="pointer">Initial stack pointer.</param>
    /// <param name="cpl">Privilege at which it is written.</param>
    /// <param name="errorCode">Error code of a violation.</param>
    public static StackCursor Of(Core* c, in Descriptor d, ulong pointer, int cpl, uint errorCode) =>
        new(c, pointer, d.Base, d.Limit, d.Attributes, d.IsBig ? 32 : 16, cpl < 3, errorCode);

    /// <summary>A flat 64-bit stack.</summary>
    public static StackCursor Flat64(Core* c, ulong pointer, int cpl, uint errorCode) =>
        new(c, pointer, 0, 0, 0, 64, cpl < 3, errorCode);

    /// <summary>Pushes the low <paramref name="size"/> (2, 4 or 8) bytes of <paramref name="value"/>. False: a fault is pending.</summary>
    public bool Push(int size, ulong value)
    {
        ulong pointer = Moved(-size);
        if (!TryLinear(pointer, size, write: true, out ulong linear))
            return false;
        // A frame on another stack is data that a breakpoint may watch, as one on the program's own.
        if (_system && _c->Debugging)
            Breakpoints.Access(_c, linear, size, write: true);
        bool written = size switch
        {
            2 => _system ? MemoryUnit.WriteSystem(_c, linear, (ushort)value) : GuestAccess.Write(_c, linear, (ushort)value),
            4 => _system ? MemoryUnit.WriteSystem(_c, linear, (uint)value) : GuestAccess.Write(_c, linear, (uint)value),
            _ => _system ? MemoryUnit.WriteSystem(_c, linear, value) : GuestAccess.Write(_c, linear, value),
        };
        if (written)
            Pointer = pointer;
        return written;
    }

    /// <summary>Pops <paramref name="size"/> (2, 4 or 8) bytes. False: a fault is pending.</summary>
    public bool Pop(int size, out ulong value)
    {
        if (!Peek(0, size, out value))
            return false;
        Pointer = Moved(size);
        return true;
    }

    /// <summary>
    /// Reads <paramref name="size"/> bytes at <paramref name="offset"/> above the stack pointer. False: a fault is pending.
    /// </summary>
    public readonly bool Peek(int offset, int size, out ulong value)
    {
        value = 0;
        if (!TryLinear(Moved(offset), size, write: false, out ulong linear))
            return false;
        bool read;
        if (size == 2)
        {
            read = GuestAccess.Read(_c, linear, out ushort narrow);
            value = narrow;
        }
        else if (size == 4)
        {
            read = GuestAccess.Read(_c, linear, out uint wide);
            value = wide;
        }
        else
        {
            read = GuestAccess.Read(_c, linear, out value);
        }
        return read;
    }

    /// <summary>Moves the pointer up over <paramref name="bytes"/> (RET imm16).</summary>
    public void Skip(int bytes) => Pointer = Moved(bytes);

    /// <summary>
    /// Checks that <paramref name="slots"/> times <paramref name="size"/> bytes can be pushed, limits only. Each by itself: in a 16-bit stack of
    /// 64 KiB a frame may wrap between two of them. False: a fault is pending.
    /// </summary>
    public readonly bool HasRoom(int slots, int size)
    {
        for (int slot = 1; slot <= slots; slot++)
        {
            if (!TryLinear(Moved(-slot * size), size, write: true, out _))
                return false;
        }
        return true;
    }

    /// <summary>Puts the pointer into RSP, ESP or SP as the stack size says.</summary>
    public readonly void Commit() => Commit(_c, Pointer, _bits);

    /// <summary>Puts a value into RSP, ESP or SP.</summary>
    public static void Commit(Core* c, ulong pointer, int bits)
    {
        ref ulong rsp = ref c->State.Gpr[4];
        rsp = bits switch
        {
            64 => pointer,
            32 => (uint)pointer,
            _ => (rsp & ~0xFFFFul) | (ushort)pointer,
        };
    }

    private readonly ulong Moved(int by) => _bits switch
    {
        64 => Pointer + (ulong)(long)by,
        32 => (uint)(Pointer + (ulong)(long)by),
        _ => (Pointer & ~0xFFFFul) | (ushort)(Pointer + (ulong)(long)by),
    };

    private readonly bool TryLinear(ulong pointer, int size, bool write, out ulong linear)
    {
        if (_bits == 64)
        {
            linear = pointer;
            if (OperatingMode.IsCanonical(pointer) && OperatingMode.IsCanonical(pointer + (uint)(size - 1)))
                return true;
        }
        else
        {
            uint offset = _bits == 32 ? (uint)pointer : (ushort)pointer;
            linear = (uint)(_base + offset);
            bool writable = (_attributes & (SegmentAttribute.Code | SegmentAttribute.ReadWrite)) == SegmentAttribute.ReadWrite;
            bool usable = (_attributes & SegmentAttribute.Unusable) == 0 && (!write || writable);
            if (usable && Descriptor.Contains(_attributes, _limit, offset, (uint)size))
                return true;
        }
        Fault.Raise(_c, Vector.Ss, _errorCode);
        return false;
    }
}
