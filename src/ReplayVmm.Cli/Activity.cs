using System.Globalization;
using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>How far a command has got, so that an error of ours can name the place.</summary>
internal sealed class Activity
{
    /// <summary>The session; null while there is none.</summary>
    public string? Session { get; set; }

    /// <summary>Where the machine stands.</summary>
    public MachineProgress Progress { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Session is null
        ? "no session"
        : string.Create(
            CultureInfo.InvariantCulture, $"session {Session}, event {Progress.Position:n0}, t {Progress.VirtualTime:n0}");
}
