using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>A session, and the log that it is in: the database or a recording file.</summary>
internal sealed class OpenedSession(IEventLog log, SessionInfo info) : IDisposable
{
    /// <summary>The log.</summary>
    public IEventLog Log => log;

    /// <summary>The session.</summary>
    public SessionInfo Info => info;

    /// <summary>Opens what <paramref name="text"/> names: a file, or a session in the database.</summary>
    public static OpenedSession Open(Invocation invocation, string text)
    {
        if (RecordingFileLog.IsFile(text))
        {
            var file = new RecordingFileLog(text);
            invocation.Activity.Session = text;
            return new OpenedSession(file, file.Session);
        }

        IEventLog log = invocation.OpenLog();
        try
        {
            return new OpenedSession(log, invocation.Find(log, text));
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => log.Dispose();
}
