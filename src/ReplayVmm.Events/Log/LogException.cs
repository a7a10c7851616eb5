namespace ReplayVmm.Events;

/// <summary>What kind of trouble a <see cref="LogException"/> is; it decides the exit code.</summary>
public enum LogTrouble
{
    /// <summary>The caller asked for something that does not fit: exit code 2.</summary>
    BadRequest,
    /// <summary>What was read is damaged or not ours: exit code 2 for a file, 1 where it is a verification.</summary>
    BadRecording,
    /// <summary>The environment lacks something, a database for example: exit code 3.</summary>
    Unavailable,
}

/// <summary>A failure that an operator can understand and mend; the message is one line: what, where, what to do.</summary>
public sealed class LogException(LogTrouble trouble, string message, Exception? inner = null) : Exception(OneLine.Of(message), inner)
{
    /// <summary>The kind of trouble.</summary>
    public LogTrouble Trouble { get; } = trouble;
}
