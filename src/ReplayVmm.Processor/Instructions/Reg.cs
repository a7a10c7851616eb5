using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>Reads and writes of registers by slot.</summary>
// SAFETY: slots are made by BindContext and lie in the first 256 bytes of the core.
internal static unsafe class Reg
{
    /// <summary>The register's value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get<T>(Core* c, byte slot) where T : unmanaged => Unsafe.ReadUnaligned<T>((byte*)c + slot);

    /// <summary>Writes the register; a 32-bit write clears the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<T>(Core* c, byte slot, T value) where T : unmanaged
    {
        if (sizeof(T) == 4)
            *(ulong*)((byte*)c + slot) = Unsafe.BitCast<T, uint>(value);
        else
            Unsafe.WriteUnaligned((byte*)c + slot, value);
    }
}
