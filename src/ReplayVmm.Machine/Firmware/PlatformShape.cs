namespace ReplayVmm.Machine;

/// <summary>What the firmware's tables tell an operating system about the machine, beyond its memory.</summary>
/// <param name="Vcpus">Virtual processors, 1 to 8; their APIC identifiers are 0, 1, 2 and so on.</param>
/// <param name="Virtio">The virtio-mmio devices that are there.</param>
public sealed record PlatformShape(int Vcpus = 1, VirtioSlots Virtio = VirtioSlots.None)
{
    /// <summary>Guest-physical address of the registers of virtio device 0; device n is n x 1000h further.</summary>
    public const uint VirtioAddress = 0xFEB0_0000;

    /// <summary>Bytes of registers that a virtio device has.</summary>
    public const uint VirtioLength = 0x1000;

    /// <summary>Global system interrupt of virtio device 0: level-triggered, active high; device n has this + n.</summary>
    public const int VirtioInterrupt = 16;

    /// <summary>Numbers of the virtio devices that are there, ascending.</summary>
    public IEnumerable<int> VirtioDevices
    {
        get
        {
            for (int n = 0; n < 3; n++)
            {
                if (((int)Virtio & (1 << n)) != 0)
                    yield return n;
            }
        }
    }
}

/// <summary>Virtio devices; bit n is device n.</summary>
[Flags]
public enum VirtioSlots
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>A block device.</summary>
    Block = 1,
    /// <summary>A console.</summary>
    Console = 2,
    /// <summary>A source of entropy.</summary>
    Entropy = 4,
}
