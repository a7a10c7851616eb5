using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>The user asked for something that cannot be: exit code 2. The message is one line: what, where, what to do.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(OneLine.Of(message), inner);
