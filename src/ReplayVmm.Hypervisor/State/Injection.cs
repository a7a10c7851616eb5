using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>VM-entry interruption information (SDM 25.8.3): bits 7:0 vector, 10:8 type, 11 error code, 31 valid.</summary>
public static class Injection
{
    /// <summary>The field is in use.</summary>
    public const uint Valid = 1u << 31;
    /// <summary>An error code goes with it.</summary>
    public const uint DeliverErrorCode = 1u << 11;
    /// <summary>Type of an external interrupt.</summary>
    public const byte External = 0;
    /// <summary>Type of an NMI.</summary>
    public const byte Nmi = 2;
    private const uint HardwareException = 3;

    /// <summary>An interrupt or NMI.</summary>
    public static uint Interrupt(byte vector, byte type) => Valid | ((type & 7u) << 8) | vector;

    /// <summary>An exception; those that push an error code push 0.</summary>
    public static uint Exception(byte vector) =>
        Valid | (HardwareException << 8) | (Outcomes.HasErrorCode(vector) ? DeliverErrorCode : 0) | vector;

    /// <summary>The vector of NMI.</summary>
    public const byte NmiVector = Vector.Nmi;
}
