namespace ReplayVmm.Devices;

/// <summary>All that <see cref="DebugPorts"/> remembers.</summary>
internal struct DebugPortsState
{
    public byte PostCode;
}
