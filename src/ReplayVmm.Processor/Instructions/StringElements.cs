using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>Index registers of string instructions, and runs of elements that lie in one page.</summary>
// SAFETY: a fast translation's host range covers its whole page; a run never leaves the page whose tag was compared.
internal static unsafe class StringElements
{
    private const ulong PageMask = ~0xFFFul;

    /// <summary>An index register, cut to the address size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Index<TAddress>(Core* c, byte slot) where TAddress : struct, IStringAddress => Reg.Get<ulong>(c, slot) & TAddress.Mask;

    /// <summary>True where DF says that addresses go down.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Down(Core* c) => (c->State.Rflags & Rflags.Df) != 0;

    /// <summary>Moves an index register over <paramref name="elements"/> elements in the direction of DF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Advance<T, TAddress>(Core* c, byte slot, ulong elements = 1) where T : unmanaged where TAddress : struct, IStringAddress
    {
        ulong by = elements * (uint)sizeof(T);
        TAddress.Set(c, slot, Reg.Get<ulong>(c, slot) + (Down(c) ? 0 - by : by));
    }

    /// <summary>
    /// How many elements from <paramref name="index"/> on, at most <paramref name="most"/>, neither wrap the index register nor leave the page of
    /// <paramref name="linear"/>, the first element's address.
    /// </summary>
    public static ulong Run<T, TAddress>(Core* c, ulong index, ulong linear, ulong most) where T : unmanaged where TAddress : struct, IStringAddress
    {
        ulong size = (uint)sizeof(T), offset = linear & ~PageMask;
        if (offset + size > 4096 || TAddress.Mask - index < size - 1)
            return 0;
        ulong page, wrap;
        if (Down(c))
        {
            page = (offset / size) + 1;
            wrap = (index / size) + 1;
        }
        else
        {
            page = (4096 - offset) / size;
            wrap = ((TAddress.Mask - index - (size - 1)) / size) + 1;
        }
        return Math.Min(most, Math.Min(page, wrap));
    }

    /// <summary>Host address for loads from the page of <paramref name="linear"/>; null where there is no fast translation.</summary>
    public static byte* ReadableHost(Core* c, ulong linear)
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        return e->ReadTag == (linear & PageMask) ? (byte*)linear + e->Host : null;
    }

    /// <summary>Host address for stores to the page of <paramref name="linear"/>; null where there is no fast translation.</summary>
    public static byte* WritableHost(Core* c, ulong linear)
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        return e->WriteTag == (linear & PageMask) ? (byte*)linear + e->Host : null;
    }
}
