using System.CommandLine;
using System.Globalization;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>One run of a command: what was typed, and where results and messages go.</summary>
internal sealed class Invocation(HostDoors doors, TextWriter output, TextWriter error)
{
    private ParseResult? parsed;
    private HostDoors? withDisks;
    private DiskImages? disks;

    /// <summary>What was typed; set before a command's action runs.</summary>
    public ParseResult Parsed
    {
        get => parsed ?? throw new InvalidOperationException("nothing was parsed yet");
        set => parsed = value;
    }

    /// <summary>The options that every command takes.</summary>
    public GlobalOptions Options { get; } = new();

    /// <summary>The world; its machines find the disk images that their manifests name.</summary>
    public HostDoors Doors => withDisks ??= doors with { Machine = BuildWithDisk };

    /// <summary>Where disk images are.</summary>
    public DiskImages Disks => disks ??= new DiskImages(this);

    /// <summary>Results.</summary>
    public TextWriter Output => output;

    /// <summary>Messages.</summary>
    public TextWriter Error => error;

    /// <summary>True where results are for programs.</summary>
    public bool Json => Parsed.GetValue(Options.Json);

    /// <summary>True where only results and errors are wanted.</summary>
    public bool Quiet => Parsed.GetValue(Options.Quiet);

    /// <summary>What is being done to which session, for the message about a bug of ours.</summary>
    public Activity Activity { get; } = new();

    /// <summary>The database that was asked for; null for the private server.</summary>
    public string? DatabaseUrl => Parsed.GetValue(Options.Database) ?? doors.Variable("REPLAYVMM_DATABASE");

    /// <summary>An option's value.</summary>
    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    /// <summary>An argument's value.</summary>
    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>Opens the log.</summary>
    public IEventLog OpenLog() => doors.OpenLog(DatabaseUrl);

    /// <summary>The session that <paramref name="nameOrId"/> names.</summary>
    public SessionInfo Find(IEventLog log, string nameOrId)
    {
        SessionInfo session = log.Find(nameOrId);
        Activity.Session = session.Name;
        return session;
    }

    /// <summary>A line of results.</summary>
    public void Line(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>A remark on standard error; left out where only results are wanted.</summary>
    public void Remark(FormattableString remark)
    {
        if (!Quiet)
            error.WriteLine(remark.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A warning on standard error, always.</summary>
    public void Warn(string warning) => error.WriteLine("replayvmm: " + warning);

    private IReplayedMachine BuildWithDisk(
        MachineManifest manifest, IReadOnlyList<MemoryImage> images, IInputSource inputs, IEventSink sink, MachineOptions options)
    {
        if (Disks.Named is not null && manifest.Disk is null)
            throw new UsageException("--disk: the recorded machine has no disk");
        MachineOptions complete = options.OpenDisk is null && manifest.Disk is not null ? options with { OpenDisk = Disks.Open } : options;
        return doors.Machine(manifest, images, inputs, sink, complete);
    }
}
