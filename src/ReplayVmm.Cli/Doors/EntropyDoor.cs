using System.Security.Cryptography;

namespace ReplayVmm.Cli;

/// <summary>The door through which the host's entropy comes; what a guest is given is recorded.</summary>
internal static class EntropyDoor
{
    /// <summary>Fills <paramref name="destination"/> with random bytes.</summary>
    public static void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
