using System.Diagnostics;

namespace ReplayVmm.Store.Tests;

/// <summary>A recorder in a process of its own, to be killed: it appends without end and says how far it has come.</summary>
internal sealed class ChildRecorder : IDisposable
{
    private readonly Process process;

    private ChildRecorder(Process process) => this.process = process;

    public static ChildRecorder Start(string url, string name)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
            ? Path.ChangeExtension(typeof(ChildRecorder).Assembly.Location, null)
            : Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (string argument in (string[])["--recorder", url, name])
            start.ArgumentList.Add(argument);
        return new ChildRecorder(Process.Start(start)!);
    }

    /// <summary>The version that it next says is safe, or 0 when it has ended.</summary>
    public long NextAcknowledged() =>
        process.StandardOutput.ReadLine() is { } line ? long.Parse(line, System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>kill -9. Returns the last version that it said is safe.</summary>
    public long Kill()
    {
        process.Kill();
        long last = 0;
        while (NextAcknowledged() is var version && version != 0)
            last = version;
        process.WaitForExit();
        return last;
    }

    public static int Run(string url, string name)
    {
        using EventStore store = EventStore.Open(url);
        using ISessionWriter writer = store.Create(Rows.SessionId(name), name);
        try
        {
            for (long version = 1; ; version += 4)
            {
                writer.Append(Rows.Range(name, version, 4));
                Console.Out.WriteLine(version + 3);
                Console.Out.Flush();
            }
        }
        catch (LogException)
        {
            return 3;
        }
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }
}
