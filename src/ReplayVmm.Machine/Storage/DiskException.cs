using ReplayVmm.Events;

namespace ReplayVmm.Machine;

/// <summary>
/// The host lacks what a disk needs: its image is not there or cannot be read, or there is no room for what the guest wrote. The guest
/// never sees any of it; its run ends. The message is one line.
/// </summary>
public sealed class DiskException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public DiskException(string message, Exception? inner = null)
        : base(OneLine.Of(message), inner)
    {
    }
}
