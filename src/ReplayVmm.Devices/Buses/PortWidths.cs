namespace ReplayVmm.Devices;

/// <summary>The access sizes that a device decodes as one cycle; the bus splits what a device does not take whole.</summary>
[Flags]
public enum PortWidths
{
    /// <summary>None: the claim would never be reached.</summary>
    None = 0,
    /// <summary>8-bit accesses; the only kind an 8-bit ISA device knows.</summary>
    Byte = 1,
    /// <summary>16-bit accesses at even ports.</summary>
    Word = 2,
    /// <summary>32-bit accesses at ports divisible by four.</summary>
    Dword = 4,
    /// <summary>All three.</summary>
    All = Byte | Word | Dword,
}
