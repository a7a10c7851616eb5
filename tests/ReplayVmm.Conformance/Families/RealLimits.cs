namespace ReplayVmm.Conformance;

/// <summary>Limits that segment registers take from protected mode to real-address mode, in bytes less 1; from 100000h on in pages.</summary>
internal sealed record RealLimits
{
    /// <summary>CS.</summary>
    public uint Code { get; init; } = 0xFFFF;
    /// <summary>DS, ES, FS and GS.</summary>
    public uint Data { get; init; } = 0xFFFF;
    /// <summary>SS.</summary>
    public uint Stack { get; init; } = 0xFFFF;
}
