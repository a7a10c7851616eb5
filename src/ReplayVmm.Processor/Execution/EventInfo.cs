namespace ReplayVmm.Processor;

/// <summary>An event in the format of interruption information (SDM 25.8.3, 25.9.2, 25.9.3).</summary>
/// <param name="Bits">Vector in bits 7 to 0, type in 10 to 8, error code valid in 11, valid in 31.</param>
/// <param name="ErrorCode">The error code that goes with it.</param>
internal readonly record struct EventInfo(uint Bits, uint ErrorCode)
{
    /// <summary>The information is valid.</summary>
    public const uint Valid = 1u << 31;
    private const uint ErrorCodeValid = 1 << 11;

    /// <summary>The vector.</summary>
    public byte Vector => (byte)Bits;

    /// <summary>The type.</summary>
    public InterruptionType Type => (InterruptionType)((Bits >> 8) & 7);

    /// <summary>True where an error code is delivered with it.</summary>
    public bool HasErrorCode => (Bits & ErrorCodeValid) != 0;

    /// <summary>True for INT n, INT1, INT3 and INTO: the return address is behind the instruction.</summary>
    public bool IsSoftware => Type is InterruptionType.Software or InterruptionType.PrivilegedSoftwareException or InterruptionType.SoftwareException;

    /// <summary>An exception that the processor raised.</summary>
    public static EventInfo Exception(byte vector, uint? errorCode) => new(
        Valid | ((uint)InterruptionType.HardwareException << 8) | (errorCode != null ? ErrorCodeValid : 0) | vector, errorCode ?? 0);

    /// <summary>A fault that stands in <see cref="Core.Pending"/>.</summary>
    public static EventInfo Of(Pending fault) => Exception(fault.Vector, fault.HasErrorCode ? fault.ErrorCode : null);
}
