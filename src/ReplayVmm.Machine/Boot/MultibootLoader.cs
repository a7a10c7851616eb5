using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine;

/// <summary>Boots a Multiboot 1 kernel (Multiboot specification 0.6.96): by the addresses in its header, or as an ELF file.</summary>
internal static class MultibootLoader
{
    private const ulong BootMagic = 0x2BAD_B002, LowArea = 0x1000;
    private const uint HasMemory = 1 << 0, HasCommandLine = 1 << 2, HasModules = 1 << 3, HasMemoryMap = 1 << 6, HasLoaderName = 1 << 9;
    private const int InformationLength = 120, MapEntryLength = 24, ModuleEntryLength = 16, MostModules = 256;

    /// <summary>Lays out kernel, modules and the information block.</summary>
    /// <exception cref="BootException">Something is not what it should be or does not fit.</exception>
    public static BootPlan Load(
        BootImage kernel, IReadOnlyList<(BootImage Image, string CommandLine)> modules, string commandLine, ulong memoryBytes, PlatformShape? shape)
    {
        if (modules.Count > MostModules)
            throw new BootException($"{modules.Count} modules: give at most {MostModules}");
        var header = new MultibootHeader(kernel);
        var layout = new BootLayout(memoryBytes, shape);
        ulong entry = header.LoadsByHeader ? LoadByHeader(layout, kernel, header) : LoadElf(layout, kernel);
        if (entry > uint.MaxValue)
            throw new BootException($"{kernel.Name}: its entry {entry:x} lies above 4 GiB, and it starts in 32-bit mode");

        List<BootFile> files = [BootLayout.Describe("kernel", kernel)];
        List<(ulong Start, ulong End, string Text)> placed = [];
        foreach ((BootImage image, string text) in modules)
        {
            ulong length = (ulong)image.Bytes.Length;
            ulong at = layout.PlaceLow($"module {image.Name}", Math.Max(length, 1), MemoryMap.HighMemory, layout.LowEnd);
            layout.Put(at, image.Bytes);
            placed.Add((at, at + length, text));
            files.Add(BootLayout.Describe("module", image));
        }
        ulong information = PutInformation(layout, kernel.Name, commandLine, placed, memoryBytes);
        var boot = new BootManifest
        {
            Protocol = "multiboot",
            Files = files,
            CommandLine = commandLine,
            Mode = 32,
            Entry = entry,
            Registers = [BootMagic, 0, 0, information, 0, 0, 0, 0],
        };
        return new BootPlan(boot, layout.Images);
    }

    private static ulong LoadByHeader(BootLayout layout, BootImage kernel, MultibootHeader header)
    {
        ulong fileLength = (ulong)kernel.Bytes.Length, before = header.HeaderAddress - header.LoadAddress;
        if (header.LoadAddress > header.HeaderAddress || before > header.Offset)
            throw new BootException($"{kernel.Name}: its Multiboot header loads from {header.LoadAddress:x}, before the file begins");
        ulong offset = header.Offset - before;
        ulong length = header.LoadEnd == 0 ? fileLength - offset : header.LoadEnd - header.LoadAddress;
        if ((header.LoadEnd != 0 && header.LoadEnd < header.LoadAddress) || length > fileLength - offset)
            throw new BootException(
                $"{kernel.Name} is cut short: its Multiboot header loads up to {header.LoadEnd:x}, and the file ends before that");
        ulong end = header.BssEnd == 0 ? header.LoadAddress + length : header.BssEnd;
        if (end < header.LoadAddress + length)
            throw new BootException($"{kernel.Name}: its Multiboot header ends at {end:x}, before what it loads");
        layout.Reserve(kernel.Name, header.LoadAddress, end - header.LoadAddress);
        layout.Put(header.LoadAddress, kernel.Bytes.Slice((int)offset, (int)length));
        return header.Entry;
    }

    private static ulong LoadElf(BootLayout layout, BootImage kernel)
    {
        var elf = new ElfImage(kernel);
        foreach (ElfSegment segment in elf.Segments)
        {
            layout.Reserve(kernel.Name, segment.PhysicalAddress, segment.MemoryLength);
            layout.Put(segment.PhysicalAddress, kernel.Bytes.Slice((int)segment.Offset, (int)segment.FileLength));
        }
        return elf.PhysicalEntry;
    }

    /// <summary>The information block (section 3.3) with everything it points to, in one piece.</summary>
    private static ulong PutInformation(
        BootLayout layout, string name, string commandLine, List<(ulong Start, ulong End, string Text)> modules, ulong memoryBytes)
    {
        IReadOnlyList<(ulong Address, ulong Length, uint Type)> map = MemoryMap.E820(memoryBytes);
        byte[] line = Text(commandLine.Length == 0 ? name : $"{name} {commandLine}"), loader = Text("ReplayVmm");
        byte[][] texts = [.. modules.Select(m => Text(m.Text))];
        int mapAt = InformationLength, modulesAt = mapAt + (map.Count * MapEntryLength), textAt = modulesAt + (modules.Count * ModuleEntryLength);
        byte[] block = new byte[textAt + line.Length + loader.Length + texts.Sum(t => t.Length)];
        ulong address = layout.PlaceLow("the Multiboot information block", (ulong)block.Length, LowArea, layout.LowEnd);

        uint Store(byte[] text)
        {
            text.CopyTo(block, textAt);
            textAt += text.Length;
            return (uint)address + (uint)(textAt - text.Length);
        }

        Dword(block, 0, HasMemory | HasCommandLine | HasModules | HasMemoryMap | HasLoaderName);
        Dword(block, 4, (uint)(MemoryMap.ExtendedBiosData >> 10));
        Dword(block, 8, (uint)((layout.LowEnd - MemoryMap.HighMemory) >> 10));
        Dword(block, 16, Store(line));
        Dword(block, 20, (uint)modules.Count);
        Dword(block, 24, (uint)address + (uint)modulesAt);
        Dword(block, 44, (uint)(map.Count * MapEntryLength));
        Dword(block, 48, (uint)address + (uint)mapAt);
        Dword(block, 64, Store(loader));
        for (int i = 0; i < map.Count; i++)
        {
            int at = mapAt + (i * MapEntryLength);
            Dword(block, at, MapEntryLength - sizeof(uint));
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(at + 4), map[i].Address);
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(at + 12), map[i].Length);
            Dword(block, at + 20, map[i].Type);
        }
        for (int i = 0; i < modules.Count; i++)
        {
            int at = modulesAt + (i * ModuleEntryLength);
            Dword(block, at, (uint)modules[i].Start);
            Dword(block, at + 4, (uint)modules[i].End);
            Dword(block, at + 8, Store(texts[i]));
        }
        layout.Put(address, block);
        return address;
    }

    private static byte[] Text(string text) => [.. Encoding.Latin1.GetBytes(text), 0];

    private static void Dword(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
