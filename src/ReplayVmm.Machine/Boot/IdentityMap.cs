using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>Page tables that map the first 4 GiB to themselves in 2 MiB pages, for guests that start in 64-bit mode.</summary>
internal static class IdentityMap
{
    private const int PageSize = 4096, Directories = 4, EntriesEach = 512;
    private const ulong Present = 3, Large = 0x80, RegionSize = 1 << 21;

    /// <summary>Puts them into the lowest free memory from <paramref name="from"/> on; their address, for CR3.</summary>
    /// <exception cref="BootException">There is no room.</exception>
    public static ulong Put(BootLayout layout, ulong from)
    {
        byte[] tables = new byte[(2 + Directories) * PageSize];
        ulong address = layout.PlaceLow("the page tables", (ulong)tables.Length, from, layout.LowEnd);
        Qword(tables, 0, (address + PageSize) | Present);
        for (int d = 0; d < Directories; d++)
        {
            Qword(tables, PageSize + (8 * d), (address + (ulong)((2 + d) * PageSize)) | Present);
            for (int e = 0; e < EntriesEach; e++)
                Qword(tables, ((2 + d) * PageSize) + (8 * e), ((ulong)((d * EntriesEach) + e) * RegionSize) | Present | Large);
        }

        layout.Put(address, tables);
        return address;
    }

    private static void Qword(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
}
