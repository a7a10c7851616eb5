namespace ReplayVmm.Machine;

/// <summary>
/// The setup header of a Linux kernel image (kernel documentation, "The Linux/x86 Boot Protocol"): checked, and defaulted as older
/// versions say.
/// </summary>
internal sealed class LinuxHeader
{
    /// <summary>Where the protected-mode code of a bzImage is loaded.</summary>
    public const ulong LoadAddress = 0x10_0000;
    private const int FirstSector = 512, DefaultSetupSectors = 4;
    private const uint Magic = 0x5372_6448;      // "HdrS"
    private const ushort OldestVersion = 0x0202, CommandLineSizeVersion = 0x0206, InitSizeVersion = 0x020A, InitrdLimitVersion = 0x0203,
        LoadFlagsVersion = 0x020C;
    private const ulong Entry64Offset = 0x200;

    /// <summary>Reads and checks the header of <paramref name="kernel"/>.</summary>
    /// <exception cref="BootException">It is not a bzImage of protocol 2.02 or later, or it is cut short.</exception>
    public LinuxHeader(BootImage kernel)
    {
        var reader = new BootReader(kernel.Name, kernel.Bytes.Span);
        if (reader.Length < 0x250 || reader.Word(0x1FE) != 0xAA55 || reader.Dword(0x202) != Magic)
            throw new BootException(ForeignKernel.Describe(kernel.Bytes.Span) is string other
                ? $"{kernel.Name} is not a Linux kernel for x86 (bzImage): it is {other}"
                : $"{kernel.Name} is not a Linux kernel (bzImage): no boot signature and setup header at 1fe and 202");
        Version = reader.Word(0x206);
        if (Version < OldestVersion)
            throw new BootException($"{kernel.Name} speaks boot protocol {Version >> 8}.{Version & 255:00}: 2.02 or later is needed");
        if ((reader.Byte(0x211) & 1) == 0)
            throw new BootException($"{kernel.Name} is a zImage, which loads below 1 MiB: build a bzImage");
        int setupSectors = reader.Byte(0x1F1);
        SetupLength = (ulong)((setupSectors == 0 ? DefaultSetupSectors : setupSectors) + 1) * FirstSector;
        ulong codeLength = (Version >= 0x0204 ? reader.Dword(0x1F4) : reader.Word(0x1F4)) * 16ul;
        if (SetupLength >= reader.Length)
            throw new BootException($"{kernel.Name} is cut short: it ends at {reader.Length:x}, inside its setup code of {SetupLength} bytes");
        CodeLength = reader.Length - SetupLength;
        if (codeLength > ((CodeLength + 15) & ~15ul))
            throw new BootException($"{kernel.Name} is cut short: its header announces {codeLength} bytes of code, and {CodeLength} are there");
        HeaderEnd = Math.Min(0x202ul + reader.Byte(0x201), 0x290);
        Entry = reader.Dword(0x214);
        if (Entry < LoadAddress || Entry >= LoadAddress + CodeLength)
            throw new BootException(
                $"{kernel.Name} wants to be entered at {Entry:x}, outside its code at {LoadAddress:x} to {LoadAddress + CodeLength - 1:x}");
        InitrdLimit = Version >= InitrdLimitVersion && reader.Dword(0x22C) != 0 ? reader.Dword(0x22C) : 0x37FF_FFFF;
        CommandLineLimit = Version >= CommandLineSizeVersion && reader.Dword(0x238) != 0 ? reader.Dword(0x238) : 255;
        if (Version >= LoadFlagsVersion && (reader.Word(0x236) & 1) != 0 && CodeLength > Entry64Offset)
            Entry64 = LoadAddress + Entry64Offset;
        if (Version >= InitSizeVersion && reader.Length >= 0x264)
            ReadRunTimeRange(reader);
    }

    /// <summary>Protocol version, major in the upper byte.</summary>
    public ushort Version { get; }
    /// <summary>Bytes of real-mode code, the boot sector included; the protected-mode code follows.</summary>
    public ulong SetupLength { get; }
    /// <summary>Bytes of protected-mode code.</summary>
    public ulong CodeLength { get; }
    /// <summary>End of the header in the file.</summary>
    public ulong HeaderEnd { get; }
    /// <summary>Address of the 32-bit entry.</summary>
    public ulong Entry { get; }
    /// <summary>Address of the 64-bit entry; null for a kernel without one.</summary>
    public ulong? Entry64 { get; }
    /// <summary>Highest address of an initial RAM disk's last byte.</summary>
    public ulong InitrdLimit { get; }
    /// <summary>Longest command line, without its terminator.</summary>
    public ulong CommandLineLimit { get; }
    /// <summary>Where the kernel will run.</summary>
    public ulong RunAddress { get; private set; } = LoadAddress;
    /// <summary>Bytes it needs there before it looks at the memory map; 0 for unknown.</summary>
    public ulong InitSize { get; private set; }

    private void ReadRunTimeRange(BootReader reader)
    {
        ulong alignment = reader.Dword(0x230), preferred = reader.Qword(0x258);
        bool relocatable = reader.Byte(0x234) != 0;
        InitSize = reader.Dword(0x260);
        ulong aligned = alignment == 0 ? LoadAddress : (LoadAddress + alignment - 1) / alignment * alignment;
        RunAddress = relocatable ? Math.Max(aligned, preferred) : preferred;
    }
}
