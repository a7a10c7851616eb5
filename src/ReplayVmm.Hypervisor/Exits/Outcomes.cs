namespace ReplayVmm.Hypervisor;

/// <summary>Values of the operand <c>outcome</c>: whether the guest's access was done, or which exception it got instead.</summary>
public static class Outcomes
{
    /// <summary>Done.</summary>
    public const ulong Done = 0;
    /// <summary>Refused: #UD.</summary>
    public const ulong InvalidOpcode = 6;
    /// <summary>Refused: #GP(0).</summary>
    public const ulong GeneralProtection = 13;

    /// <summary>True where the exception <paramref name="vector"/> pushes an error code (always 0 here).</summary>
    public static bool HasErrorCode(ulong vector) => vector is 8 or (>= 10 and <= 14) or 17;
}
