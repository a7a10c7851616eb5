namespace ReplayVmm.Devices;

/// <summary>All that <see cref="Port92"/> remembers.</summary>
internal struct Port92State
{
    public byte Control;
}
