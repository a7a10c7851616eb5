using System.Globalization;
using System.IO.Compression;

namespace ReplayVmm.Machine;

/// <summary>
/// Whether an initial RAM disk is whole (kernel documentation, "initramfs buffer format"): cpio archives, plain or compressed, one behind the
/// other. What is none of these (a disk image, another compression) is left to the kernel.
/// </summary>
internal static class InitrdFormat
{
    private const ulong MostUnpacked = 1UL << 30;
    private const int CpioHeader = 110, SizeField = 54, NameSizeField = 94;

    /// <summary>Refuses an empty or truncated RAM disk.</summary>
    /// <exception cref="BootException">Says where it ends.</exception>
    public static void Check(BootImage image)
    {
        ReadOnlySpan<byte> rest = image.Bytes.Span;
        if (rest.IsEmpty)
            throw new BootException($"the initial RAM disk {image.Name} is empty");
        while (!rest.IsEmpty)
        {
            if (rest[0] == 0)
            {
                int data = rest.IndexOfAnyExcept((byte)0);
                rest = data < 0 ? default : rest[data..];
            }
            else if (rest.StartsWith("07070"u8))
            {
                rest = rest[Cpio(image, rest)..];
            }
            else
            {
                if (IsCutShort(image, rest))
                    throw CutShort(image);
                return;
            }
        }
    }

    /// <summary>The length of a "newc" archive, up to and with its trailer.</summary>
    private static int Cpio(BootImage image, ReadOnlySpan<byte> archive)
    {
        int at = 0;
        while (true)
        {
            ReadOnlySpan<byte> header = archive[at..];
            if (header.Length < CpioHeader)
                throw CutShort(image);
            if (!header.StartsWith("070701"u8) && !header.StartsWith("070702"u8))
                throw new BootException($"the initial RAM disk {image.Name} is damaged: no cpio header where one should be");
            ulong size = Hexadecimal(image, header, SizeField), nameSize = Hexadecimal(image, header, NameSizeField);
            ulong data = Up(CpioHeader + nameSize), end = Up(data + size);
            if (data > (ulong)header.Length || data + size > (ulong)header.Length)
                throw CutShort(image);
            at += (int)Math.Min(end, (ulong)header.Length);
            if (header[CpioHeader..].StartsWith("TRAILER!!!"u8))
                return at;
        }
    }

    private static ulong Up(ulong value) => (value + 3) & ~3ul;

    private static ulong Hexadecimal(BootImage image, ReadOnlySpan<byte> header, int at) =>
        uint.TryParse(header.Slice(at, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw new BootException($"the initial RAM disk {image.Name} is damaged: a cpio header has no number where one should be");

    private static bool IsCutShort(BootImage image, ReadOnlySpan<byte> archive)
    {
        if (archive.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return !GzipIsWhole(image.Bytes[(image.Bytes.Length - archive.Length)..]) && !AnotherFollows(archive);
        if (archive.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
            return !archive.TrimEnd((byte)0).EndsWith("YZ"u8) && !AnotherFollows(archive);
        return archive.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) && !ZstandardIsWhole(archive);
    }

    /// <summary>Something that looks like an archive behind the first one: the kernel unpacks them one after the other, and where the first ends cannot be told from here.</summary>
    private static bool AnotherFollows(ReadOnlySpan<byte> archive)
    {
        ReadOnlySpan<byte> rest = archive[Math.Min(archive.Length, CpioHeader)..];
        return rest.IndexOf("070701"u8) >= 0 || rest.IndexOf("070702"u8) >= 0 || rest.IndexOf((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08, 0x00]) >= 0
            || rest.IndexOf((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) >= 0;
    }

    private static bool GzipIsWhole(ReadOnlyMemory<byte> archive)
    {
        byte[] buffer = new byte[1 << 16];
        uint length = 0;
        ulong total = 0;
        try
        {
            using var unpacked = new GZipStream(new MemoryStream(archive.ToArray()), CompressionMode.Decompress);
            for (int count; (count = unpacked.Read(buffer)) > 0 && total < MostUnpacked; total += (ulong)count)
                length += (uint)count;
        }
        catch (InvalidDataException)
        {
            return false;
        }

        // What unpacks to so much is the kernel's to judge.
        if (total >= MostUnpacked)
            return true;
        ReadOnlySpan<byte> end = archive.Span.TrimEnd((byte)0);
        // The last four bytes are the length; its upper bytes may be zeros, and so may padding behind it.
        for (int zeros = 0; zeros <= sizeof(uint); zeros++)
        {
            int stop = end.Length + zeros;
            if (stop <= archive.Length && stop >= sizeof(uint) && BitConverter.ToUInt32(archive.Span[(stop - sizeof(uint))..]) == length)
                return true;
        }

        return false;
    }

    /// <summary>Walks the blocks of the first frame (RFC 8878, section 3.1.1).</summary>
    private static bool ZstandardIsWhole(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 6)
            return false;
        byte descriptor = frame[4];
        bool single = (descriptor & 0x20) != 0, checksum = (descriptor & 4) != 0;
        int contentSize = (descriptor >> 6) switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        int dictionary = (descriptor & 3) switch { 3 => 4, var bytes => bytes };
        long at = 5 + (single ? 0 : 1) + dictionary + contentSize;
        while (true)
        {
            if (at + 3 > frame.Length)
                return false;
            uint header = frame[(int)at] | ((uint)frame[(int)at + 1] << 8) | ((uint)frame[(int)at + 2] << 16);
            bool repeated = ((header >> 1) & 3) == 1;
            at += 3 + (repeated ? 1 : header >> 3);
            if ((header & 1) != 0)
                return at + (checksum ? 4 : 0) <= frame.Length;
        }
    }

    private static BootException CutShort(BootImage image) =>
        new($"the initial RAM disk {image.Name} is cut short: its {image.Bytes.Length} bytes end inside an archive");
}
