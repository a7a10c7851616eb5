namespace ReplayVmm.Processor;

/// <summary>Bits of the exit qualification of an EPT violation (SDM table 28-7).</summary>
public static class EptViolation
{
    /// <summary>A load.</summary>
    public const ulong Load = 1 << 0;
    /// <summary>A store.</summary>
    public const ulong Store = 1 << 1;
    /// <summary>An instruction fetch.</summary>
    public const ulong Fetch = 1 << 2;
    /// <summary>The mapping can be read.</summary>
    public const ulong Readable = 1 << 3;
    /// <summary>The mapping can be written.</summary>
    public const ulong Writable = 1 << 4;
    /// <summary>The mapping can be executed.</summary>
    public const ulong Executable = 1 << 5;
    /// <summary>The guest-linear address is valid.</summary>
    public const ulong LinearValid = 1 << 7;
    /// <summary>The access was to the translation of the linear address; clear for an access to a paging structure.</summary>
    public const ulong Final = 1 << 8;

    /// <summary>An access to the translation of a linear address.</summary>
    internal const ulong Translated = LinearValid | Final;

    /// <summary>The three bits of a mapping with <paramref name="rights"/>.</summary>
    internal static ulong Rights(MappingRights rights) =>
        ((rights & MappingRights.Read) != 0 ? Readable | Executable : 0) | ((rights & MappingRights.Write) != 0 ? Writable : 0);
}
