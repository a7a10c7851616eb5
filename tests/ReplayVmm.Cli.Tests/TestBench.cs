using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Replay;
using ReplayVmm.Replay.Tests;

namespace ReplayVmm.Cli.Tests;

/// <summary>The command line in a world of its own: a log in memory, a guest without a processor, nobody at the terminal.</summary>
internal sealed class TestBench : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-cli-").FullName;

    public TestBench()
    {
        Doors = new HostDoors
        {
            Variable = name => Variables.GetValueOrDefault(name),
            Sleep = _ => Slept?.Invoke(),
            Entropy = new Random(42).NextBytes,
            Terminal = Terminal,
            OnInterrupt = interrupted =>
            {
                Interrupt = interrupted;
                return new Nothing();
            },
            OpenLog = url => LogTrouble is { } trouble ? throw trouble : new Borrowed(Log),
            Machine = (manifest, images, inputs, sink, options) => new FakeGuest(manifest, images, inputs, sink, options)
            {
                Turns = Turns,
                FlawedRead = FlawedRead,
            },
        };
        Variables["XDG_CONFIG_HOME"] = Path.Combine(folder, "config");
        Flat = File("guest.bin", new byte[512]);
    }

    public HostDoors Doors { get; set; }

    public MemoryLog Log { get; } = new();

    public Dictionary<string, string> Variables { get; } = [];

    public FakeTerminal Terminal { get; } = new();

    public LogException? LogTrouble { get; set; }

    public Action? Slept { get; set; }

    public Action? Interrupt { get; private set; }

    public int Turns { get; set; } = 20;

    public int FlawedRead { get; set; } = -1;

    /// <summary>A flat guest image that is there.</summary>
    public string Flat { get; }

    public string Path_(string name) => Path.Combine(folder, name);

    public string File(string name, byte[] bytes)
    {
        string path = Path_(name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    public Outcome Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(arguments, output, error, Doors);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Records the fake guest under <paramref name="name"/>.</summary>
    public Outcome Record(string name, params string[] more) =>
        Run(["record", "--flat", Flat, "--load", "0x7c00", "--mode", "16", "--name", name, .. more]);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    internal sealed record Outcome(int Code, string Output, string Error)
    {
        public JsonElement Json => JsonDocument.Parse(Output).RootElement;

        public JsonElement[] JsonLines =>
            [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

        /// <summary>The one line on standard error.</summary>
        public string Complaint
        {
            get
            {
                Error.TrimEnd('\n').ShouldNotContain("\n");
                Error.ShouldStartWith("replayvmm: ");
                return Error.TrimEnd('\n');
            }
        }
    }

    internal sealed class FakeTerminal : ITerminal
    {
        public bool HasInput { get; set; }
        public bool HasOutput { get; set; }
        public bool HasError { get; set; }
        public int Width { get; set; } = 120;
        public string? Answer { get; set; }

        public string? ReadLine() => Answer;

        public void Feed(TerminalFeed feed)
        {
        }
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }

    /// <summary>A log that outlives the command that opened it.</summary>
    private sealed class Borrowed(MemoryLog log) : IEventLog
    {
        public ISessionWriter Create(Guid id, string name) => log.Find(name, out _)
            ? throw new LogException(Events.LogTrouble.BadRequest, $"there is a session named '{name}' already")
            : log.Create(id, name);

        public void Import(
            Guid id, string name, DateTimeOffset created, IEnumerable<LogRow> rows, Func<IEnumerable<HeadSignature>> signatures)
        {
            if (log.Find(name, out _))
                throw new LogException(Events.LogTrouble.BadRequest, $"there is a session named '{name}' already");
            log.Import(id, name, created, rows, signatures);
        }

        public IReadOnlyList<SessionInfo> List() => log.List();

        public SessionInfo Find(string nameOrId) => log.Find(nameOrId);

        public IEnumerable<LogRow> Read(Guid session, long fromVersion = 1) => log.Read(session, fromVersion);

        public IReadOnlyList<HeadSignature> Signatures(Guid session) => log.Signatures(session);

        public void Prune(Guid session) => log.Prune(session);

        public void Dispose()
        {
        }
    }
}
