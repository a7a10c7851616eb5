using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Boot images that are right: a bzImage, ELF files of both widths and a file that is loaded by its Multiboot header.</summary>
internal static class BootImages
{
    private const uint Magic = 0x1BADB002;

    /// <summary>All of them; the first is the Linux kernel.</summary>
    public static IReadOnlyList<byte[]> All { get; } = [BzImage(), Elf(false), Elf(true), ByHeader()];

    /// <summary>Initial RAM disks of the formats that are looked into: cpio, gzip, Zstandard, xz.</summary>
    public static IReadOnlyList<byte[]> Disks { get; } =
    [
        [.. Encoding.ASCII.GetBytes("070701" + new string('0', 88) + "0000000B00000000TRAILER!!!"), .. new byte[4]],
        Convert.FromHexString("1f8b0800000000000203cb48cdc9c95728cf2fca49e102002d3b08af0c000000"),
        Convert.FromHexString("28b52ffd04586d00003868656c6c6f200a0100a94b111a4872ab"),
        Convert.FromHexString("fd377a585a000004e6d6b4460200210116000000742fe5a3000000000000595a"),
    ];

    private static byte[] BzImage()
    {
        byte[] b = new byte[(5 * 512) + 4096];
        b[0x1F1] = 4;
        Dword(b, 0x1F4, 4096 / 16);
        Dword(b, 0x1FE, 0x66EB_AA55);
        Encoding.ASCII.GetBytes("HdrS").CopyTo(b, 0x202);
        Dword(b, 0x206, 0x20C);
        b[0x211] = 1;
        Dword(b, 0x214, 0x100000);
        Dword(b, 0x22C, 0x7FFFFFFF);
        Dword(b, 0x230, 0x200000);
        b[0x234] = 1;
        Dword(b, 0x238, 255);
        Dword(b, 0x258, 0x400000);
        Dword(b, 0x260, 0x200000);
        b.AsSpan(5 * 512).Fill(0x90);
        return b;
    }

    private static byte[] Elf(bool wide)
    {
        byte[] b = new byte[0x300];
        Encoding.ASCII.GetBytes("\u007fELF").CopyTo(b, 0);
        (b[4], b[5], b[6], b[16], b[18]) = ((byte)(wide ? 2 : 1), 1, 1, 2, (byte)(wide ? 62 : 3));
        Dword(b, 24, 0x100010);
        Dword(b, wide ? 32 : 28, 0x40);
        Dword(b, wide ? 54 : 42, wide ? 56u | (2 << 16) : 32u | (2 << 16));
        for (int n = 0; n < 2; n++)
        {
            int at = 0x40 + (n * (wide ? 56 : 32)), step = wide ? 8 : 4;
            uint address = 0x100000u + ((uint)n * 0x10000);
            Dword(b, at, 1);
            foreach (uint field in (ReadOnlySpan<uint>)[0x100 + ((uint)n * 0x100), address, address, 0x80, 0x1000])
                Dword(b, at += step, field);
        }

        Header(b, 0x100, 3);
        if (!wide)
            return b;
        // A note that names the PVH entry.
        b[56] = 3;
        Dword(b, 0xB0, 4);
        Dword(b, 0xB8, 0x280);
        Dword(b, 0xD0, 20);
        foreach ((int at, uint value) in (ReadOnlySpan<(int, uint)>)[(0, 4), (4, 4), (8, 18), (12, 0x006E_6558), (16, 0x100010)])
            Dword(b, 0x280 + at, value);
        return b;
    }

    private static byte[] ByHeader()
    {
        byte[] b = new byte[0x400];
        Header(b, 0x40, 0x1_0003);
        foreach ((int at, uint value) in (ReadOnlySpan<(int, uint)>)[(12, 0x100040), (16, 0x100000), (20, 0x100400), (24, 0x102000),
            (28, 0x100080)])
            Dword(b, 0x40 + at, value);
        return b;
    }

    private static void Header(byte[] b, int at, uint flags)
    {
        Dword(b, at, Magic);
        Dword(b, at + 4, flags);
        Dword(b, at + 8, unchecked(0u - Magic - flags));
    }

    private static void Dword(byte[] b, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(at), value);
}
