namespace ReplayVmm.Hypervisor;

/// <summary>
/// Values of the operand <c>suberror</c> of <c>InternalError</c>; the numbers are those of KVM's user interface where it has one.
/// </summary>
public static class Suberrors
{
    /// <summary>The processor asks for an instruction that it cannot fetch by itself; detail: the guest-physical address.</summary>
    public const ulong Emulation = 1;
    /// <summary>An exit that this machine's controls cannot cause; detail: the reason.</summary>
    public const ulong UnexpectedExitReason = 4;
}
