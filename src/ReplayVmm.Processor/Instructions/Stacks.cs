using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>The stack as PUSH and POP see it, by the width of the stack pointer (SDM volume 1, 6.2.3); a type parameter of the handlers.</summary>
internal unsafe interface IStack
{
    /// <summary>The stack pointer, cut to its width.</summary>
    static abstract ulong Pointer(Core* c);

    /// <summary>Sets the stack pointer; what lies above its width stays.</summary>
    static abstract void SetPointer(Core* c, ulong value);

    /// <summary>What the whole stack pointer register would be with <paramref name="value"/> in the part that counts.</summary>
    static virtual ulong Widen(Core* c, ulong value) => value;

    /// <summary>Loads from the stack segment at offset <paramref name="pointer"/>; false: a fault is pending.</summary>
    static abstract bool Read<T>(Core* c, ulong pointer, out T value) where T : unmanaged;

    /// <summary>Stores to the stack segment at offset <paramref name="pointer"/>; false: a fault is pending.</summary>
    static abstract bool Write<T>(Core* c, ulong pointer, T value) where T : unmanaged;

    /// <summary>True where a T could be stored at offset <paramref name="pointer"/>; false: a fault is pending.</summary>
    static abstract bool CanWrite<T>(Core* c, ulong pointer) where T : unmanaged;
}

/// <summary>64-bit mode: RSP, no segment. What is not canonical is #SS here.</summary>
internal readonly unsafe struct Stack64 : IStack
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pointer(Core* c) => Reg.Get<ulong>(c, GprSlot.Rsp);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetPointer(Core* c, ulong value) => Reg.Set(c, GprSlot.Rsp, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Read<T>(Core* c, ulong pointer, out T value) where T : unmanaged =>
        GuestAccess.Read(c, pointer, out value) || Stack.Fault(c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Write<T>(Core* c, ulong pointer, T value) where T : unmanaged =>
        GuestAccess.Write(c, pointer, value) || Stack.Fault(c);

    public static bool CanWrite<T>(Core* c, ulong pointer) where T : unmanaged =>
        MemoryUnit.Probe(c, pointer, sizeof(T), write: true) || Stack.Fault(c);
}

/// <summary>ESP in a stack segment that covers all 4 GiB.</summary>
internal readonly unsafe struct StackFlat : IStack
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pointer(Core* c) => Reg.Get<uint>(c, GprSlot.Rsp);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetPointer(Core* c, ulong value) => Reg.Set(c, GprSlot.Rsp, (uint)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Read<T>(Core* c, ulong pointer, out T value) where T : unmanaged =>
        GuestAccess.Read(c, (uint)(c->State.SegmentBase[(int)SegmentIndex.Ss] + pointer), out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Write<T>(Core* c, ulong pointer, T value) where T : unmanaged =>
        GuestAccess.Write(c, (uint)(c->State.SegmentBase[(int)SegmentIndex.Ss] + pointer), value);

    public static bool CanWrite<T>(Core* c, ulong pointer) where T : unmanaged =>
        MemoryUnit.Probe(c, (uint)(c->State.SegmentBase[(int)SegmentIndex.Ss] + pointer), sizeof(T), write: true);
}

/// <summary>SP or ESP in any stack segment, checked.</summary>
internal readonly unsafe struct StackChecked : IStack
{
    public static ulong Pointer(Core* c) => c->Mode.StackBits == 16 ? Reg.Get<ushort>(c, GprSlot.Rsp) : Reg.Get<uint>(c, GprSlot.Rsp);

    public static void SetPointer(Core* c, ulong value)
    {
        if (c->Mode.StackBits == 16)
            Reg.Set(c, GprSlot.Rsp, (ushort)value);
        else
            Reg.Set(c, GprSlot.Rsp, (uint)value);
    }

    public static ulong Widen(Core* c, ulong value) =>
        c->Mode.StackBits == 16 ? (Reg.Get<ulong>(c, GprSlot.Rsp) & ~0xFFFFul) | (ushort)value : (uint)value;

    public static bool Read<T>(Core* c, ulong pointer, out T value) where T : unmanaged
    {
        if (Segmentation.TryLinear(c, SegmentIndex.Ss, Cut(c, pointer), sizeof(T), write: false, out ulong linear))
            return GuestAccess.Read(c, linear, out value);
        value = default;
        return false;
    }

    public static bool Write<T>(Core* c, ulong pointer, T value) where T : unmanaged =>
        Segmentation.TryLinear(c, SegmentIndex.Ss, Cut(c, pointer), sizeof(T), write: true, out ulong linear)
        && GuestAccess.Write(c, linear, value);

    public static bool CanWrite<T>(Core* c, ulong pointer) where T : unmanaged =>
        Segmentation.TryLinear(c, SegmentIndex.Ss, Cut(c, pointer), sizeof(T), write: true, out ulong linear)
        && MemoryUnit.Probe(c, linear, sizeof(T), write: true);

    private static ulong Cut(Core* c, ulong pointer) => c->Mode.StackBits == 16 ? (ushort)pointer : (uint)pointer;
}

/// <summary>Pushes and pops.</summary>
internal static unsafe class Stack
{
    /// <summary>Pushes <paramref name="value"/>; false: a fault is pending and nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Push<TStack, T>(Core* c, T value) where TStack : struct, IStack where T : unmanaged
    {
        ulong pointer = TStack.Pointer(c) - (uint)sizeof(T);
        if (!TStack.Write(c, pointer, value))
            return false;
        TStack.SetPointer(c, pointer);
        return true;
    }

    /// <summary>Pops <paramref name="value"/>; false: a fault is pending and nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Pop<TStack, T>(Core* c, out T value) where TStack : struct, IStack where T : unmanaged
    {
        ulong pointer = TStack.Pointer(c);
        if (!TStack.Read(c, pointer, out value))
            return false;
        TStack.SetPointer(c, pointer + (uint)sizeof(T));
        return true;
    }

    /// <summary>In 64-bit mode what the stack reaches is #SS where other accesses are #GP (SDM volume 3, 3.3.7.1). Always false.</summary>
    public static bool Fault(Core* c)
    {
        if (c->Pending is { Kind: PendingKind.Fault, Vector: Vector.Gp })
            c->Pending.Vector = Vector.Ss;
        return false;
    }

    /// <summary>Which <see cref="IStack"/> fits <paramref name="mode"/>.</summary>
    public static AddressForm FormOf(ModeKey mode) => mode switch
    {
        { CodeBits: 64 } => AddressForm.Long,
        { Flat: true, StackBits: 32 } => AddressForm.Flat,
        _ => AddressForm.Checked,
    };
}
