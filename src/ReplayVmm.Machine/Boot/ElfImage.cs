using System.Buffers.Binary;

namespace ReplayVmm.Machine;

/// <summary>The loadable segments of an ELF executable for x86 (System V ABI, chapter 5), 32-bit or 64-bit.</summary>
internal sealed class ElfImage
{
    private const int MostHeaders = 256;
    private const uint Loadable = 1, Notes = 4, Phys32Entry = 18;
    private const ushort Intel386 = 3, Amd64 = 62;

    /// <summary>Reads <paramref name="image"/>.</summary>
    /// <exception cref="BootException">It is not such a file, or it is cut short.</exception>
    public ElfImage(BootImage image)
    {
        var reader = new BootReader(image.Name, image.Bytes.Span);
        if (!IsElf(image))
            throw new BootException($"{image.Name} is not an ELF file");
        bool wide = reader.Byte(4) == 2;
        if (reader.Byte(4) is not (1 or 2) || reader.Byte(5) != 1)
            throw new BootException($"{image.Name} is not a little-endian 32-bit or 64-bit ELF file");
        ushort machine = reader.Word(18);
        if (machine is not (Intel386 or Amd64))
            throw new BootException($"{image.Name} is an ELF file for {ForeignKernel.MachineName(machine)}, not for x86");
        ulong table = wide ? reader.Qword(32) : reader.Dword(28);
        ulong size = reader.Word(wide ? 54ul : 42), count = reader.Word(wide ? 56ul : 44);
        if (count == 0 || count > MostHeaders || size < (wide ? 56u : 32u))
            throw new BootException($"{image.Name} has {count} program headers of {size} bytes: that is no executable");
        Entry = wide ? reader.Qword(24) : reader.Dword(24);
        for (ulong i = 0; i < count; i++)
        {
            ulong at = checked(table > reader.Length ? reader.Length : table) + (i * size);
            ElfSegment segment = wide ? ReadWide(reader, at) : ReadNarrow(reader, at);
            if (reader.Dword(at) == Notes)
                PvhEntry ??= FindPvhEntry(reader.Slice(segment.Offset, segment.FileLength));
            if (reader.Dword(at) != Loadable || segment.MemoryLength == 0)
                continue;
            if (segment.FileLength > segment.MemoryLength)
                throw new BootException($"{image.Name}: a segment of {segment.MemoryLength} bytes has {segment.FileLength} bytes in the file");
            reader.Slice(segment.Offset, segment.FileLength);
            Segments.Add(segment);
        }
        if (Segments.Count == 0)
            throw new BootException($"{image.Name} has nothing to load: that is no executable");
        PhysicalEntry = ToPhysical(Entry);
    }

    /// <summary>The entry point as the file names it: a virtual address.</summary>
    public ulong Entry { get; }

    /// <summary>Where the entry point lies before paging is on.</summary>
    public ulong PhysicalEntry { get; }

    /// <summary>Where the note XEN_ELFNOTE_PHYS32_ENTRY says to enter in 32-bit mode; null without one.</summary>
    public uint? PvhEntry { get; }

    /// <summary>What is loaded.</summary>
    public List<ElfSegment> Segments { get; } = [];

    /// <summary>True where <paramref name="image"/> begins as an ELF file does.</summary>
    public static bool IsElf(BootImage image) => image.Bytes.Span.StartsWith("\u007fELF"u8) && image.Bytes.Length >= 52;

    /// <summary>Notes are three words (lengths of name and description, type), name and description, each padded to four bytes.</summary>
    private static uint? FindPvhEntry(ReadOnlySpan<byte> notes)
    {
        const int Header = 12;
        while (notes.Length >= Header)
        {
            ulong name = (BinaryPrimitives.ReadUInt32LittleEndian(notes) + 3ul) & ~3ul;
            ulong description = (BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]) + 3ul) & ~3ul;
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            notes = notes[Header..];
            if (name + description > (ulong)notes.Length)
                return null;
            if (type == Phys32Entry && notes.StartsWith("Xen\0"u8) && description >= sizeof(uint))
                return BinaryPrimitives.ReadUInt32LittleEndian(notes[(int)name..]);
            notes = notes[(int)(name + description)..];
        }

        return null;
    }

    private static ElfSegment ReadNarrow(BootReader reader, ulong at) =>
        new(reader.Dword(at + 4), reader.Dword(at + 8), reader.Dword(at + 12), reader.Dword(at + 16), reader.Dword(at + 20));

    private static ElfSegment ReadWide(BootReader reader, ulong at) =>
        new(reader.Qword(at + 8), reader.Qword(at + 16), reader.Qword(at + 24), reader.Qword(at + 32), reader.Qword(at + 40));

    private ulong ToPhysical(ulong address)
    {
        foreach (ElfSegment segment in Segments)
        {
            if (address - segment.VirtualAddress < segment.MemoryLength)
                return address - segment.VirtualAddress + segment.PhysicalAddress;
        }
        return address;
    }
}

/// <summary>One loadable segment.</summary>
/// <param name="Offset">Where its bytes are in the file.</param>
/// <param name="VirtualAddress">Where it runs.</param>
/// <param name="PhysicalAddress">Where it is loaded.</param>
/// <param name="FileLength">Bytes in the file.</param>
/// <param name="MemoryLength">Bytes in memory; those beyond the file's are zero.</param>
internal readonly record struct ElfSegment(ulong Offset, ulong VirtualAddress, ulong PhysicalAddress, ulong FileLength, ulong MemoryLength);
