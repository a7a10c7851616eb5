using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>MOVS (SDM volume 2, MOVS).</summary>
internal readonly unsafe struct MoveStringOperation : IStringOperation
{
    public static bool Compares => false;

    public static bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong from = StringElements.Index<TAddress>(c, GprSlot.Rsi), to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!TAddress.Source(c, i, from, (uint)sizeof(T), out ulong source) || !GuestAccess.Read(c, source, out T value)
            || !TAddress.Destination(c, to, (uint)sizeof(T), write: true, out ulong destination) || !GuestAccess.Write(c, destination, value))
        {
            return false;
        }
        StringElements.Advance<T, TAddress>(c, GprSlot.Rsi);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi);
        return true;
    }

    public static ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong from = StringElements.Index<TAddress>(c, GprSlot.Rsi), to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!StringRun<T, TAddress>.Source(c, i, from, most, out byte* source, out ulong elements)
            || !StringRun<T, TAddress>.Destination(c, to, elements, out byte* destination, out elements))
        {
            return 0;
        }
        Copy<T>(source, destination, elements, StringElements.Down(c));
        StringElements.Advance<T, TAddress>(c, GprSlot.Rsi, elements);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi, elements);
        return elements;
    }

    /// <summary>Element by element as the processor does it, in one move where that is the same.</summary>
    private static void Copy<T>(byte* source, byte* destination, ulong elements, bool down) where T : unmanaged
    {
        ulong bytes = elements * (uint)sizeof(T);
        // Both point to the first element; going down, the run ends there.
        ulong back = down ? bytes - (uint)sizeof(T) : 0;
        byte* lowSource = source - back, lowDestination = destination - back;
        bool feedsItself = down ? lowDestination < lowSource && lowDestination + bytes > lowSource : lowDestination > lowSource && lowSource + bytes > lowDestination;
        if (!feedsItself)
        {
            Buffer.MemoryCopy(lowSource, lowDestination, bytes, bytes);
            return;
        }
        long step = down ? -sizeof(T) : sizeof(T);
        for (; elements != 0; elements--, source += step, destination += step)
            *(T*)destination = *(T*)source;
    }
}

/// <summary>STOS (SDM volume 2, STOS).</summary>
internal readonly unsafe struct StoreStringOperation : IStringOperation
{
    public static bool Compares => false;

    public static bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!TAddress.Destination(c, to, (uint)sizeof(T), write: true, out ulong linear) || !GuestAccess.Write(c, linear, Reg.Get<T>(c, GprSlot.Rax)))
            return false;
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi);
        return true;
    }

    public static ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!StringRun<T, TAddress>.Destination(c, to, most, out byte* destination, out ulong elements))
            return 0;
        byte* low = StringElements.Down(c) ? destination - ((elements - 1) * (uint)sizeof(T)) : destination;
        new Span<T>(low, (int)elements).Fill(Reg.Get<T>(c, GprSlot.Rax));
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi, elements);
        return elements;
    }
}

/// <summary>LODS (SDM volume 2, LODS).</summary>
internal readonly unsafe struct LoadStringOperation : IStringOperation
{
    public static bool Compares => false;

    public static bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong from = StringElements.Index<TAddress>(c, GprSlot.Rsi);
        if (!TAddress.Source(c, i, from, (uint)sizeof(T), out ulong linear) || !GuestAccess.Read(c, linear, out T value))
            return false;
        Reg.Set(c, GprSlot.Rax, value);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rsi);
        return true;
    }

    public static ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress => 0;
}

/// <summary>SCAS (SDM volume 2, SCAS).</summary>
internal readonly unsafe struct ScanStringOperation : IStringOperation
{
    public static bool Compares => true;

    public static bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!TAddress.Destination(c, to, (uint)sizeof(T), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T value))
            return false;
        CompareOperation.Execute(c, Reg.Get<T>(c, GprSlot.Rax), value);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi);
        return true;
    }

    public static ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress => 0;
}

/// <summary>CMPS (SDM volume 2, CMPS).</summary>
internal readonly unsafe struct CompareStringOperation : IStringOperation
{
    public static bool Compares => true;

    public static bool Step<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress
    {
        ulong from = StringElements.Index<TAddress>(c, GprSlot.Rsi), to = StringElements.Index<TAddress>(c, GprSlot.Rdi);
        if (!TAddress.Source(c, i, from, (uint)sizeof(T), out ulong source) || !GuestAccess.Read(c, source, out T left)
            || !TAddress.Destination(c, to, (uint)sizeof(T), write: false, out ulong destination) || !GuestAccess.Read(c, destination, out T right))
        {
            return false;
        }
        CompareOperation.Execute(c, left, right);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rsi);
        StringElements.Advance<T, TAddress>(c, GprSlot.Rdi);
        return true;
    }

    public static ulong Bulk<T, TAddress>(Core* c, DecodedInstruction* i, ulong most) where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IStringAddress => 0;
}
