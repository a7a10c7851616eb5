namespace ReplayVmm.Cli;

/// <summary>The door through which new identities come.</summary>
internal static class IdentityDoor
{
    /// <summary>A new identity, never given before.</summary>
    public static Guid NewId() => Guid.NewGuid();
}
