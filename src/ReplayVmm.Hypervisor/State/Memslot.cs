using System.Runtime.InteropServices;

namespace ReplayVmm.Hypervisor;

/// <summary>A range of guest-physical memory that is backed by host memory.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public struct Memslot
{
    /// <summary>First guest-physical address; a multiple of 4,096.</summary>
    public ulong Address;
    /// <summary>Length in bytes, a multiple of 4,096; 0 where the slot does not exist.</summary>
    public ulong Size;
    /// <summary>See <see cref="MemslotFlags"/>.</summary>
    public ulong Flags;

    /// <summary>True where <paramref name="guestPhysical"/> lies in this slot.</summary>
    public readonly bool Contains(ulong guestPhysical) => guestPhysical - Address < Size;
}

/// <summary>Flags of a memslot; the numbers are those of KVM's user interface.</summary>
public static class MemslotFlags
{
    /// <summary>Written pages are logged.</summary>
    public const ulong LogDirtyPages = 1;
    /// <summary>The guest cannot write: a store exits and is dropped, as to a ROM.</summary>
    public const ulong ReadOnly = 2;
}
