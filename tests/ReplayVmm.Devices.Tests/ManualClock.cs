namespace ReplayVmm.Devices.Tests;

/// <summary>Virtual time that the test moves.</summary>
internal sealed class ManualClock : IVirtualClock
{
    public ulong Now { get; set; }
}
