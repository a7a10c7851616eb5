namespace ReplayVmm.Devices;

/// <summary>An interrupt message on its way to one or more local APICs: from an ICR, an IO-APIC or a device.</summary>
/// <param name="Destination">8 bits from an xAPIC or an IO-APIC, 32 from an x2APIC; FFFFFFFFh is everybody (who sends 8 bits widens FFh).</param>
/// <param name="Logical">Whether <paramref name="Destination"/> is matched against LDR rather than the identifier.</param>
/// <param name="Mode">What it does.</param>
/// <param name="Vector">0 to 255.</param>
/// <param name="LevelTriggered">Sets TMR, so that the end of interrupt is broadcast.</param>
public readonly record struct ApicMessage(uint Destination, bool Logical, ApicDeliveryMode Mode, byte Vector, bool LevelTriggered);
