namespace ReplayVmm.Silicon;

/// <summary>
/// The segments that a case can use: those that Linux gives every process, and local ones that the child installs with modify_ldt(2). The interpreter gets the same
/// descriptors in its guest's tables.
/// </summary>
internal static class SegmentTable
{
    /// <summary>Linux' own: kernel code 32 and 64, kernel data, user code 32, user data, user code 64 (GDT entries 1 to 6).</summary>
    public const ushort UserCode32 = 0x23, UserData = 0x2B, UserCode64 = 0x33;
    /// <summary>16-bit and 32-bit code that starts at <see cref="Layout.CodePage"/> and ends with its pages.</summary>
    public const ushort Code16 = 0x07, Code32 = 0x0F;
    /// <summary>Code that may only be executed; data that is not there.</summary>
    public const ushort ExecuteOnly = 0x4F, NotPresent = 0x57;
    /// <summary>32-bit code that starts where the data does, to be read through.</summary>
    public const ushort ReadableCode = 0x5F;

    /// <summary>Local data segments: all reach the window, some end in it.</summary>
    public static readonly ushort[] LocalData = [0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F];

    /// <summary>Readable, not writable: data and code.</summary>
    public static readonly ushort[] LocalReadable = [0x47, ReadableCode];

    /// <summary>The local descriptors, in order of their number.</summary>
    public static readonly SegmentDescriptor[] Local =
    [
        new(Layout.CodePage, Layout.CodeSize - 1, SegmentKind.ReadableCode, Big: false),
        new(Layout.CodePage, Layout.CodeSize - 1, SegmentKind.ReadableCode, Big: true),
        new(Layout.Data - 0x2000, 0xFFFF, SegmentKind.Data, Big: false),
        new(Layout.Data - 0x1_0000, 0xFFFFF, SegmentKind.Data, Big: true, Pages: true),
        new(Layout.Data, 0x103F, SegmentKind.Data, Big: true),
        new(Layout.Data, 0x103F, SegmentKind.Data, Big: false),
        new(Layout.Data - 0x4000, 0x4FC0, SegmentKind.DownData, Big: true),
        new(Layout.Data - 0x4000, 0x4FC0, SegmentKind.DownData, Big: false),
        new(Layout.Data, 0xFFFF, SegmentKind.ReadOnlyData, Big: true),
        new(Layout.Data, 0xFFFF, SegmentKind.ExecuteOnlyCode, Big: true),
        new(Layout.Data, 0xFFFF, SegmentKind.Data, Big: true, Present: false),
        new(Layout.Data, 0xFFFF, SegmentKind.ReadableCode, Big: true),
    ];

    /// <summary>
    /// The global descriptors of Linux as they stand in memory; TSS and LDT are present and closed to programs, the last holds the processor's number.
    /// </summary>
    public static readonly ulong[] Global =
    [
        0, 0x00CF_9B00_0000_FFFF, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF, 0x00AF_FB00_0000_FFFF, 0,
        0x0000_8B00_0000_0067, 0, 0x0000_8200_0000_005F, 0, 0, 0, 0, 0x0040_F500_0000_0000,
    ];

    /// <summary>Bits of code that runs in <paramref name="codeSelector"/>: 16, 32 or 64.</summary>
    public static int BitsOf(int codeSelector) => codeSelector switch { UserCode64 => 64, Code16 => 16, _ => 32 };

    /// <summary>The descriptor as it stands in memory.</summary>
    public static ulong RawOf(int selector) => (selector & 4) != 0 ? Local[selector >> 3].Raw : Global[selector >> 3];

    /// <summary>Base of the segment.</summary>
    public static ulong BaseOf(int selector) => (selector & 4) != 0 ? Local[selector >> 3].Base : 0;
}

/// <summary>What modify_ldt calls contents and read_exec_only.</summary>
internal enum SegmentKind
{
    Data,
    ReadOnlyData,
    DownData,
    ReadableCode,
    ExecuteOnlyCode,
}

/// <summary>A local descriptor. Its privilege is 3, and it counts as accessed from the start, as Linux has it.</summary>
/// <param name="Base">Linear address of its start, 32 bits.</param>
/// <param name="Limit">Its limit, 20 bits, in bytes or in pages.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Big">D/B.</param>
/// <param name="Pages">G: the limit counts pages.</param>
/// <param name="Present">P.</param>
internal readonly record struct SegmentDescriptor(ulong Base, uint Limit, SegmentKind Kind, bool Big, bool Pages = false, bool Present = true)
{
    /// <summary>As it stands in memory (SDM volume 3, 3.4.5).</summary>
    public ulong Raw
    {
        get
        {
            ulong type = 1 | (Contents << 2) | (ReadExecuteOnly ? 0u : 2u);
            return (Limit & 0xFFFF) | ((Base & 0xFF_FFFF) << 16) | (type << 40) | (1ul << 44) | (3ul << 45) | (Present ? 1ul << 47 : 0)
                | ((Limit >> 16 & 0xFul) << 48) | (Big ? 1ul << 54 : 0) | (Pages ? 1ul << 55 : 0) | ((Base >> 24 & 0xFF) << 56);
        }
    }

    /// <summary>The flags word of Linux' struct user_desc.</summary>
    public uint UserFlags =>
        (Big ? 1u : 0) | ((uint)Contents << 1) | (ReadExecuteOnly ? 8u : 0) | (Pages ? 16u : 0) | (Present ? 0 : 32u);

    private ulong Contents => Kind switch { SegmentKind.Data or SegmentKind.ReadOnlyData => 0, SegmentKind.DownData => 1, _ => 2 };

    private bool ReadExecuteOnly => Kind is SegmentKind.ReadOnlyData or SegmentKind.ExecuteOnlyCode;
}
