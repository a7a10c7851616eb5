namespace ReplayVmm.Devices;

/// <summary>All that <see cref="Port61"/> remembers.</summary>
internal struct Port61State
{
    /// <summary>The four writable bits.</summary>
    public byte Control;
}
