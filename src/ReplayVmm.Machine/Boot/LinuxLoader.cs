using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine;

/// <summary>
/// Boots a Linux kernel (or what looks like one) by its 32-bit or 64-bit entry: kernel documentation, "The Linux/x86 Boot Protocol", 32-bit
/// and 64-bit boot protocol.
/// </summary>
internal static class LinuxLoader
{
    private const int PageSize = 4096;
    private const ulong LowArea = 0x1_0000;
    private const int MemoryMapAt = 0x2D0;

    /// <summary>Lays out kernel, RAM disk, command line and the "zero page".</summary>
    /// <exception cref="BootException">Something is not what it should be or does not fit.</exception>
    public static BootPlan Load(
        BootImage kernel, BootImage? initrd, string commandLine, ulong memoryBytes, int mode, PlatformShape? shape)
    {
        if (mode is not (32 or 64))
            throw new BootException($"mode {mode}: a Linux kernel is entered in 32 or 64");
        if (ElfImage.IsElf(kernel))
        {
            return mode == 32
                ? PvhLoader.Load(kernel, initrd, commandLine, memoryBytes, shape)
                : throw new BootException($"{kernel.Name}: an uncompressed kernel has a 32-bit entry alone (PVH)");
        }

        var header = new LinuxHeader(kernel);
        ulong entry = mode == 32 ? header.Entry : header.Entry64
            ?? throw new BootException($"{kernel.Name} has no 64-bit entry: its header says so; enter it in 32-bit mode");
        var layout = new BootLayout(memoryBytes, shape);
        ReserveKernel(layout, kernel.Name, header);
        layout.Put(LinuxHeader.LoadAddress, kernel.Bytes[(int)header.SetupLength..]);

        byte[] text = [.. Encoding.Latin1.GetBytes(commandLine), 0];
        if ((ulong)text.Length - 1 > header.CommandLineLimit)
            throw new BootException($"the command line has {text.Length - 1} characters: {kernel.Name} takes {header.CommandLineLimit}");
        ulong zeroPageAddress = layout.PlaceLow("the kernel's zero page", PageSize, LowArea, MemoryMap.VideoHole);
        ulong textAddress = layout.PlaceLow("the kernel's command line", (ulong)text.Length, LowArea, MemoryMap.VideoHole);
        layout.Put(textAddress, text);

        byte[] zeroPage = new byte[PageSize];
        kernel.Bytes.Span[0x1F1..(int)Math.Min(header.HeaderEnd, (ulong)kernel.Bytes.Length)].CopyTo(zeroPage.AsSpan(0x1F1));
        List<BootFile> files = [BootLayout.Describe("kernel", kernel)];
        if (initrd is BootImage disk)
        {
            InitrdFormat.Check(disk);
            ulong at = layout.PlaceHigh($"the initial RAM disk {disk.Name}", (ulong)disk.Bytes.Length, header.InitrdLimit + 1);
            layout.Put(at, disk.Bytes);
            Dword(zeroPage, 0x218, (uint)at);
            Dword(zeroPage, 0x21C, (uint)disk.Bytes.Length);
            files.Add(BootLayout.Describe("initrd", disk));
        }
        FillZeroPage(zeroPage, textAddress, memoryBytes);
        layout.Put(zeroPageAddress, zeroPage);

        var boot = new BootManifest
        {
            Protocol = "linux",
            Files = files,
            CommandLine = commandLine,
            Mode = mode,
            Entry = entry,
            Registers = [0, 0, 0, 0, 0, 0, zeroPageAddress, 0],
            PageTables = mode == 64 ? IdentityMap.Put(layout, LowArea) : 0,
        };
        return new BootPlan(boot, layout.Images);
    }

    /// <summary>The kernel has its place in memory where it is loaded, and where it will unpack itself.</summary>
    private static void ReserveKernel(BootLayout layout, string name, LinuxHeader header)
    {
        ulong loadEnd = LinuxHeader.LoadAddress + header.CodeLength;
        ulong runEnd = header.InitSize == 0 ? 0 : header.RunAddress + header.InitSize;
        if (runEnd < header.RunAddress && header.InitSize != 0)
            throw new BootException($"{name}: its header announces {header.InitSize} bytes at {header.RunAddress:x}, which is no memory");
        if (header.InitSize == 0 || header.RunAddress >= loadEnd || runEnd <= LinuxHeader.LoadAddress)
        {
            layout.Reserve(name, LinuxHeader.LoadAddress, header.CodeLength);
            if (header.InitSize != 0)
                layout.Reserve($"{name}, unpacked,", header.RunAddress, header.InitSize);
            return;
        }
        ulong start = Math.Min(LinuxHeader.LoadAddress, header.RunAddress);
        layout.Reserve(name, start, Math.Max(loadEnd, runEnd) - start);
    }

    private static void FillZeroPage(byte[] page, ulong commandLine, ulong memoryBytes)
    {
        const byte UndefinedLoader = 0xFF, CanUseHeap = 0x80;
        ulong extendedKiB = (MemoryMap.LowEnd(memoryBytes) - MemoryMap.HighMemory) >> 10;
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(0x02), (ushort)Math.Min(extendedKiB, 0xFC00));
        page[0x06] = 3;             // text mode 3, 80 columns, 25 lines of 16 scan lines, on a VGA
        page[0x07] = 80;
        page[0x0E] = 25;
        page[0x0F] = 1;
        page[0x10] = 16;
        Dword(page, 0x1E0, (uint)extendedKiB);
        Qword(page, 0x70, AcpiTables.RootPointer);
        page[0x210] = UndefinedLoader;
        page[0x211] |= CanUseHeap;
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(0x224), 0xFE00);
        Dword(page, 0x228, (uint)commandLine);
        int at = MemoryMapAt;
        foreach ((ulong address, ulong length, uint type) in MemoryMap.E820(memoryBytes))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(at), address);
            BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(at + 8), length);
            Dword(page, at + 16, type);
            at += 20;
            page[0x1E8]++;
        }
    }

    private static void Dword(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    private static void Qword(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
}
