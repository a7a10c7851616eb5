namespace ReplayVmm.Devices;

/// <summary>The device status field (virtio 1.2, section 2.1).</summary>
[Flags]
public enum VirtioStatus : byte
{
    /// <summary>Reset.</summary>
    None = 0,
    /// <summary>The guest has found the device.</summary>
    Acknowledge = 1,
    /// <summary>The guest knows how to drive it.</summary>
    Driver = 2,
    /// <summary>The driver is set up: the device may use its queues.</summary>
    DriverOk = 4,
    /// <summary>Feature negotiation is complete; reads back clear where the device does not accept the driver's choice.</summary>
    FeaturesOk = 8,
    /// <summary>The device met an error from which only a reset leads out. Only the device sets it.</summary>
    NeedsReset = 64,
    /// <summary>The driver has given the device up.</summary>
    Failed = 128,
}
