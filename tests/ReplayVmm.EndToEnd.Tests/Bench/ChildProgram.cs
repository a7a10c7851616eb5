using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>The program in a process of its own.</summary>
internal sealed class ChildProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process process;
    private readonly Task<byte[]> output;
    private readonly Task<string> error;
    private readonly StringBuilder said = new();

    public ChildProgram(IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> arguments)
        : this("dotnet", variables, [Program, .. arguments])
    {
    }

    public ChildProgram(string program, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        process = Process.Start(start)!;
        output = Task.Run(() => ReadAll(process.StandardOutput.BaseStream));
        error = Task.Run(() => ReadError(process.StandardError));
    }

    /// <summary>The program's assembly, beside that of the tests.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "replayvmm.dll");

    /// <summary>What it is typed.</summary>
    public StreamWriter Input => process.StandardInput;

    public bool HasExited => process.HasExited;

    /// <summary>The most memory that it ever held, in bytes (VmHWM). It must still run.</summary>
    public long PeakMemory
    {
        get
        {
            string status = File.ReadAllText($"/proc/{process.Id}/status");
            string line = status.Split('\n').First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => Signal("INT", process.Id);

    /// <summary>Sends a signal to any processes: those that are gone do not matter.</summary>
    public static void Signal(string name, params IEnumerable<int> processes) =>
        Process.Start("sh", ["-c", $"kill -{name} {string.Join(' ', processes)} 2>/dev/null; true"]).WaitForExit();

    /// <summary>Lets time pass, unless the program ends before.</summary>
    /// <returns>True where it ended.</returns>
    public bool EndsWithin(TimeSpan time) => process.WaitForExit(time);

    /// <summary>Waits until it has said <paramref name="text"/> on standard error.</summary>
    public void WaitForError(string text)
    {
        lock (said)
        {
            while (!said.ToString().Contains(text, StringComparison.Ordinal))
            {
                if (error.IsCompleted || !Monitor.Wait(said, Patience))
                    throw new InvalidOperationException($"the program did not say '{text}': {said}");
            }
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    public Outcome Finish()
    {
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"the program did not end: {error.Result}{Encoding.UTF8.GetString(output.Result)}");
        }

        return new Outcome(process.ExitCode, output.Result, error.Result);
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private string ReadError(StreamReader reader)
    {
        var buffer = new char[1024];
        while (true)
        {
            int count = reader.Read(buffer);
            lock (said)
            {
                said.Append(buffer, 0, count);
                Monitor.PulseAll(said);
                if (count == 0)
                    return said.ToString();
            }
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
