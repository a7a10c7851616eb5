using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine;

/// <summary>
/// Boots an uncompressed Linux kernel (vmlinux) by its PVH entry: the ELF note XEN_ELFNOTE_PHYS32_ENTRY and the start information of the
/// "x86/HVM direct boot ABI".
/// </summary>
internal static class PvhLoader
{
    private const uint Magic = 0x336E_C578;
    private const ulong LowArea = 0x1_0000;
    private const int InformationLength = 56, ModuleLength = 32, MapEntryLength = 24;

    /// <summary>Lays out kernel, RAM disk, command line and start information.</summary>
    /// <exception cref="BootException">Something is not what it should be or does not fit.</exception>
    public static BootPlan Load(BootImage kernel, BootImage? initrd, string commandLine, ulong memoryBytes, PlatformShape? shape)
    {
        var elf = new ElfImage(kernel);
        if (elf.PvhEntry is not uint entry)
            throw new BootException($"{kernel.Name} is an ELF file without a PVH entry note: give the kernel's bzImage, or build it with CONFIG_PVH");
        var layout = new BootLayout(memoryBytes, shape);
        foreach (ElfSegment segment in elf.Segments)
        {
            layout.Reserve(kernel.Name, segment.PhysicalAddress, segment.MemoryLength);
            layout.Put(segment.PhysicalAddress, kernel.Bytes.Slice((int)segment.Offset, (int)segment.FileLength));
        }

        if (!elf.Segments.Any(s => entry - s.PhysicalAddress < s.MemoryLength))
            throw new BootException($"{kernel.Name} wants to be entered at {entry:x}, outside what it loads");
        List<BootFile> files = [BootLayout.Describe("kernel", kernel)];
        ulong diskAt = 0;
        if (initrd is BootImage disk)
        {
            InitrdFormat.Check(disk);
            diskAt = layout.PlaceHigh($"the initial RAM disk {disk.Name}", (ulong)disk.Bytes.Length, MemoryMap.DeviceHole);
            layout.Put(diskAt, disk.Bytes);
            files.Add(BootLayout.Describe("initrd", disk));
        }

        ulong information = PutInformation(layout, commandLine, diskAt, (ulong)(initrd?.Bytes.Length ?? 0), memoryBytes);
        var boot = new BootManifest
        {
            Protocol = "linux",
            Files = files,
            CommandLine = commandLine,
            Mode = 32,
            Entry = entry,
            Registers = [0, 0, 0, information, 0, 0, 0, 0],
        };
        return new BootPlan(boot, layout.Images);
    }

    private static ulong PutInformation(BootLayout layout, string commandLine, ulong diskAt, ulong diskLength, ulong memoryBytes)
    {
        IReadOnlyList<(ulong Address, ulong Length, uint Type)> map = MemoryMap.E820(memoryBytes);
        byte[] text = [.. Encoding.Latin1.GetBytes(commandLine), 0];
        int modules = diskLength == 0 ? 0 : 1, moduleAt = InformationLength, mapAt = moduleAt + (modules * ModuleLength);
        int textAt = mapAt + (map.Count * MapEntryLength);
        byte[] block = new byte[textAt + text.Length];
        ulong address = layout.PlaceLow("the PVH start information", (ulong)block.Length, LowArea, MemoryMap.VideoHole);

        Dword(block, 0, Magic);
        Dword(block, 4, 1);
        Dword(block, 12, (uint)modules);
        Qword(block, 16, modules == 0 ? 0 : address + (ulong)moduleAt);
        Qword(block, 24, address + (ulong)textAt);
        Qword(block, 32, AcpiTables.RootPointer);
        Qword(block, 40, address + (ulong)mapAt);
        Dword(block, 48, (uint)map.Count);
        if (modules != 0)
        {
            Qword(block, moduleAt, diskAt);
            Qword(block, moduleAt + 8, diskLength);
        }

        for (int i = 0; i < map.Count; i++)
        {
            Qword(block, mapAt + (i * MapEntryLength), map[i].Address);
            Qword(block, mapAt + (i * MapEntryLength) + 8, map[i].Length);
            Dword(block, mapAt + (i * MapEntryLength) + 16, map[i].Type);
        }

        text.CopyTo(block, textAt);
        layout.Put(address, block);
        return address;
    }

    private static void Dword(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    private static void Qword(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
}
