using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>How a string instruction reaches its operands: address size and segmentation; a type parameter of the handlers.</summary>
internal unsafe interface IStringAddress
{
    /// <summary>All ones in the width of the index and count registers.</summary>
    static abstract ulong Mask { get; }

    /// <summary>Writes an index or count register as wide as the address size.</summary>
    static abstract void Set(Core* c, byte slot, ulong value);

    /// <summary>Linear address of <paramref name="size"/> bytes at <paramref name="offset"/> in the source's segment; false: a fault is pending.</summary>
    static abstract bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear);

    /// <summary>Linear address of <paramref name="size"/> bytes at <paramref name="offset"/> in ES; false: a fault is pending.</summary>
    static abstract bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear);
}

/// <summary>64-bit mode, 64-bit addresses.</summary>
internal readonly unsafe struct StringLong64 : IStringAddress
{
    public static ulong Mask => ulong.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Core* c, byte slot, ulong value) => Reg.Set(c, slot, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear)
    {
        linear = *(ulong*)((byte*)c + i->Segment) + offset;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear)
    {
        linear = offset;
        return true;
    }
}

/// <summary>64-bit mode, 32-bit addresses.</summary>
internal readonly unsafe struct StringLong32 : IStringAddress
{
    public static ulong Mask => uint.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Core* c, byte slot, ulong value) => Reg.Set(c, slot, (uint)value);

    public static bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear) =>
        StringLong64.Source(c, i, offset, size, out linear);

    public static bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear) =>
        StringLong64.Destination(c, offset, size, write, out linear);
}

/// <summary>32-bit addresses in flat segments.</summary>
internal readonly unsafe struct StringFlat : IStringAddress
{
    public static ulong Mask => uint.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(Core* c, byte slot, ulong value) => Reg.Set(c, slot, (uint)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear)
    {
        linear = (uint)(*(ulong*)((byte*)c + i->Segment) + offset);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear)
    {
        linear = (uint)(c->State.SegmentBase[(int)SegmentIndex.Es] + offset);
        return true;
    }
}

/// <summary>32-bit addresses, segments checked.</summary>
internal readonly unsafe struct StringChecked32 : IStringAddress
{
    public static ulong Mask => uint.MaxValue;

    public static void Set(Core* c, byte slot, ulong value) => Reg.Set(c, slot, (uint)value);

    public static bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear) =>
        Segmentation.TryLinear(c, i, offset, (int)size, write: false, out linear);

    public static bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear) =>
        Segmentation.TryLinear(c, SegmentIndex.Es, offset, (int)size, write, out linear);
}

/// <summary>16-bit addresses, segments checked.</summary>
internal readonly unsafe struct StringChecked16 : IStringAddress
{
    public static ulong Mask => ushort.MaxValue;

    public static void Set(Core* c, byte slot, ulong value) => Reg.Set(c, slot, (ushort)value);

    public static bool Source(Core* c, DecodedInstruction* i, ulong offset, uint size, out ulong linear) =>
        StringChecked32.Source(c, i, offset, size, out linear);

    public static bool Destination(Core* c, ulong offset, uint size, bool write, out ulong linear) =>
        StringChecked32.Destination(c, offset, size, write, out linear);
}
