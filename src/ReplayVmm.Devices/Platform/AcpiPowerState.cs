namespace ReplayVmm.Devices;

/// <summary>All that <see cref="AcpiPower"/> remembers.</summary>
internal struct AcpiPowerState
{
    public ushort Control;
    public ushort Enable;
}
