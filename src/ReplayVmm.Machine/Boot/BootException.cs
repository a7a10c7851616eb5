using ReplayVmm.Events;

namespace ReplayVmm.Machine;

/// <summary>A boot image or machine shape that cannot work. The message is one line that says what, where and what to do.</summary>
public sealed class BootException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public BootException(string message)
        : base(OneLine.Of(message))
    {
    }
}
