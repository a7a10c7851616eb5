namespace ReplayVmm.Devices;

/// <summary>All that <see cref="ResetControl"/> remembers.</summary>
internal struct ResetControlState
{
    public byte Control;
}
