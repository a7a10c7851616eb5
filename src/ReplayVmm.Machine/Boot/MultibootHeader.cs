namespace ReplayVmm.Machine;

/// <summary>The Multiboot 1 header (Multiboot specification 0.6.96, section 3.1).</summary>
internal sealed class MultibootHeader
{
    private const uint Magic = 0x1BAD_B002, HasAddresses = 0x1_0000, UnderstoodRequirements = 7, Requirements = 0xFFFF;
    private const ulong SearchLength = 8192;

    /// <summary>Finds and checks the header of <paramref name="kernel"/>.</summary>
    /// <exception cref="BootException">There is none, or it demands what this loader does not have.</exception>
    public MultibootHeader(BootImage kernel)
    {
        var reader = new BootReader(kernel.Name, kernel.Bytes.Span);
        ulong end = Math.Min(reader.Length, SearchLength);
        for (ulong at = 0; at + 12 <= end; at += 4)
        {
            if (reader.Dword(at) != Magic || unchecked(reader.Dword(at) + reader.Dword(at + 4) + reader.Dword(at + 8)) != 0)
                continue;
            Offset = at;
            uint flags = reader.Dword(at + 4);
            uint unknown = flags & Requirements & ~UnderstoodRequirements;
            if (unknown != 0)
                throw new BootException($"{kernel.Name}: its Multiboot header requires features {unknown:x} that this loader does not have");
            PageAligned = (flags & 1) != 0;
            if ((flags & HasAddresses) != 0)
                ReadAddresses(reader, at);
            return;
        }
        throw new BootException($"{kernel.Name} is not a Multiboot 1 kernel: no header in its first {SearchLength} bytes");
    }

    /// <summary>Where the header is in the file.</summary>
    public ulong Offset { get; }
    /// <summary>Modules must begin at pages.</summary>
    public bool PageAligned { get; }
    /// <summary>True where the header says how to load; else the file is an ELF file.</summary>
    public bool LoadsByHeader { get; private set; }
    /// <summary>Where the header itself must lie in memory.</summary>
    public ulong HeaderAddress { get; private set; }
    /// <summary>First address to load.</summary>
    public ulong LoadAddress { get; private set; }
    /// <summary>End of what is loaded; 0 for the file's end.</summary>
    public ulong LoadEnd { get; private set; }
    /// <summary>End of the zeroed rest; 0 for none.</summary>
    public ulong BssEnd { get; private set; }
    /// <summary>First instruction.</summary>
    public ulong Entry { get; private set; }

    private void ReadAddresses(BootReader reader, ulong at)
    {
        LoadsByHeader = true;
        HeaderAddress = reader.Dword(at + 12);
        LoadAddress = reader.Dword(at + 16);
        LoadEnd = reader.Dword(at + 20);
        BssEnd = reader.Dword(at + 24);
        Entry = reader.Dword(at + 28);
    }
}
