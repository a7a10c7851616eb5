namespace ReplayVmm.Processor;

/// <summary>A segment, system or gate descriptor of 8 bytes (SDM volume 3, 3.4.5, 3.5 and 6.11).</summary>
/// <param name="Raw">The eight bytes.</param>
internal readonly record struct Descriptor(ulong Raw)
{
    /// <summary>System types: 16-bit TSS, available.</summary>
    public const int Tss16 = 1;
    /// <summary>LDT.</summary>
    public const int Ldt = 2;
    /// <summary>16-bit TSS, busy.</summary>
    public const int BusyTss16 = 3;
    /// <summary>16-bit call gate.</summary>
    public const int CallGate16 = 4;
    /// <summary>Task gate.</summary>
    public const int TaskGate = 5;
    /// <summary>16-bit interrupt gate.</summary>
    public const int InterruptGate16 = 6;
    /// <summary>16-bit trap gate.</summary>
    public const int TrapGate16 = 7;
    /// <summary>32-bit (in IA-32e mode 64-bit) TSS, available.</summary>
    public const int Tss32 = 9;
    /// <summary>32-bit (in IA-32e mode 64-bit) TSS, busy.</summary>
    public const int BusyTss32 = 11;
    /// <summary>32-bit (in IA-32e mode 64-bit) call gate.</summary>
    public const int CallGate32 = 12;
    /// <summary>32-bit (in IA-32e mode 64-bit) interrupt gate.</summary>
    public const int InterruptGate32 = 14;
    /// <summary>32-bit (in IA-32e mode 64-bit) trap gate.</summary>
    public const int TrapGate32 = 15;

    /// <summary>Segment base, 32 bits.</summary>
    public uint Base => (uint)((Raw >> 16) & 0xFFFFFF) | ((uint)(Raw >> 56) << 24);

    /// <summary>Segment limit in bytes, granularity applied.</summary>
    public uint Limit
    {
        get
        {
            uint limit = (uint)(Raw & 0xFFFF) | ((uint)(Raw >> 32) & 0xF0000);
            return (Attributes & SegmentAttribute.Granularity) != 0 ? (limit << 12) | 0xFFF : limit;
        }
    }

    /// <summary>Attributes as <see cref="SegmentAttribute"/> lays them out.</summary>
    public uint Attributes => (uint)(Raw >> 40) & 0xF0FF;

    /// <summary>The four type bits.</summary>
    public int Type => (int)(Raw >> 40) & 15;

    /// <summary>The descriptor privilege level.</summary>
    public int Dpl => (int)(Raw >> 45) & 3;

    /// <summary>Present.</summary>
    public bool IsPresent => (Raw & (1ul << 47)) != 0;

    /// <summary>False for code and data.</summary>
    public bool IsSystem => (Raw & (1ul << 44)) == 0;

    /// <summary>A code segment.</summary>
    public bool IsCode => !IsSystem && (Type & 8) != 0;

    /// <summary>A data segment.</summary>
    public bool IsData => !IsSystem && (Type & 8) == 0;

    /// <summary>A data segment that can be written.</summary>
    public bool IsWritableData => IsData && (Type & 2) != 0;

    /// <summary>A data segment, or a code segment that can be read.</summary>
    public bool IsReadable => !IsSystem && (Type & 10) != 8;

    /// <summary>A conforming code segment.</summary>
    public bool IsConforming => IsCode && (Type & 4) != 0;

    /// <summary>A 64-bit code segment.</summary>
    public bool IsLong => (Attributes & SegmentAttribute.Long) != 0;

    /// <summary>D/B.</summary>
    public bool IsBig => (Attributes & SegmentAttribute.Big) != 0;

    /// <summary>A gate's selector.</summary>
    public ushort GateSelector => (ushort)(Raw >> 16);

    /// <summary>A gate's offset, bits 31 to 0.</summary>
    public uint GateOffset => (uint)(Raw & 0xFFFF) | ((uint)(Raw >> 32) & 0xFFFF0000);

    /// <summary>A call gate's parameter count.</summary>
    public int GateParameters => (int)(Raw >> 32) & 31;

    /// <summary>A 64-bit interrupt gate's interrupt stack, 0 for none.</summary>
    public int GateStack => (int)(Raw >> 32) & 7;

    /// <summary>
    /// True where segment offsets <paramref name="offset"/> to <paramref name="offset"/> + <paramref name="size"/> - 1 are inside.
    /// </summary>
    public static bool Contains(uint attributes, uint limit, uint offset, uint size)
    {
        uint last = offset + (size - 1);
        if (last < offset)
            return false;
        bool down = (attributes & (SegmentAttribute.Code | SegmentAttribute.DownOrConforming)) == SegmentAttribute.DownOrConforming;
        if (!down)
            return last <= limit;
        return offset > limit && last <= ((attributes & SegmentAttribute.Big) != 0 ? uint.MaxValue : 0xFFFF);
    }
}
