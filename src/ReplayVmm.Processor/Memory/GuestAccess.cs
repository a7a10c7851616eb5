using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// Loads and stores at linear addresses. The fast path is one compare with a fast translation; everything else (TLB, page walk, page crossing, devices,
/// code pages, breakpoints) is <see cref="MemoryUnit"/>. False means that the instruction stops: <see cref="Core.Pending"/> is set, the handler returns
/// <see cref="Outcome.Stop"/> having changed nothing.
/// </summary>
// SAFETY: a fast translation's host range covers the whole page, and a hit proves that the access lies within that page.
internal static unsafe class GuestAccess
{
    private const ulong PageMask = ~0xFFFul;

    /// <summary>Loads a T with the privilege of the running program.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Read<T>(Core* c, ulong linear, out T value) where T : unmanaged
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        if (e->ReadTag == ((linear + ((uint)sizeof(T) - 1)) & PageMask))
        {
            value = Unsafe.ReadUnaligned<T>((byte*)linear + e->Host);
            return true;
        }
        return MemoryUnit.Read(c, linear, out value);
    }

    /// <summary>Loads a T that the same instruction will store to: permission to write is checked first, as hardware does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ReadForWrite<T>(Core* c, ulong linear, out T value) where T : unmanaged
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        ulong last = (linear + ((uint)sizeof(T) - 1)) & PageMask;
        if (e->WriteTag == last && e->ReadTag == last)
        {
            value = Unsafe.ReadUnaligned<T>((byte*)linear + e->Host);
            return true;
        }
        return MemoryUnit.ReadForWrite(c, linear, out value);
    }

    /// <summary>Stores a T with the privilege of the running program.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Write<T>(Core* c, ulong linear, T value) where T : unmanaged
    {
        FastTranslation* e = c->Fast + ((linear >> 12) & (FastTranslation.Count - 1));
        if (e->WriteTag == ((linear + ((uint)sizeof(T) - 1)) & PageMask))
        {
            Unsafe.WriteUnaligned((byte*)linear + e->Host, value);
            return true;
        }
        return MemoryUnit.Write(c, linear, value);
    }
}
