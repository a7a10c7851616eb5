using System.CommandLine;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary><c>record</c>: runs a guest and records it.</summary>
internal static class RecordCommand
{
    private sealed record Wishes(
        string? Name, bool NoRecord, string? InputFile, IReadOnlyList<TypeAfter> Script, string? UntilText, ulong? UntilTime, ulong? UntilEvents,
        string? Key, string? Commits);

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var guest = new GuestOptions();
        var name = new Option<string?>("--name") { Description = "Name of the session; default: the guest's file and a number", HelpName = "NAME" };
        var noRecord = new Option<bool>("--no-record") { Description = "Run the same machine without a log" };
        var input = new Option<string?>("--input") { Description = "Type this file as fast as the guest takes it", HelpName = "FILE" };
        var typeAfter = new Option<string[]>("--type-after")
        {
            Description = "Type KEYS when TEXT appears on the console, each step after the one before; \\r \\n \\t \\e \\\\ \\= \\xNN are known",
            HelpName = "TEXT=KEYS",
        };
        var untilText = new Option<string?>("--until-text") { Description = "End once this text has appeared; exit 1 where it does not", HelpName = "TEXT" };
        var untilTime = new Option<string?>("--until-time") { Description = "End at this virtual time: 10s, 500ms, or nanoseconds", HelpName = "TIME" };
        var untilEvents = new Option<string?>("--until-events") { Description = "End after this many events", HelpName = "N" };
        var key = new Option<string?>("--key") { Description = "Private key to sign with, P-256 in PEM; default: one made at the first recording", HelpName = "FILE" };
        var commits = new Option<string?>("--commits")
        {
            Description = "Write a line of JSON into this file or pipe each time that events have reached the log: what it names is safe",
            HelpName = "FILE",
        };
        var command = new CliCommand(
            "record",
            "Runs a guest and records it; Ctrl-C ends it, and what was recorded stays and is replayable",
            "replayvmm record --linux memtest86+x64.bin --append \"console=ttyS0,115200 nosmp\" --until-time 30s",
            "replayvmm record --linux vmlinuz --initrd initrd.gz --append console=ttyS0 --type-after 'login: =root\\r' --until-text '# '",
            "replayvmm record --multiboot kernel.elf --module data.bin --memory 64M --name nightly-7",
            "replayvmm record --linux vmlinuz --initrd initrd.img --append console=ttyS0 --disk disk.img",
            "replayvmm record --flat test.bin --load 0x7c00 --mode 16 --until-events 100000",
            "replayvmm record --multiboot kernel.elf --no-record    # how fast would it be without?");
        guest.AddTo(command);
        foreach (Option option in new Option[] { input, typeAfter, untilText, untilTime, untilEvents, name, noRecord, key, commits })
            command.Options.Add(option);
        return command.Does(() =>
        {
            var wishes = new Wishes(
                invocation.Get(name),
                invocation.Get(noRecord),
                invocation.Get(input),
                Script(invocation.Get(typeAfter) ?? []),
                invocation.Get(untilText),
                invocation.Get(untilTime) is { } time ? Quantities.Time("--until-time", time) : null,
                invocation.Get(untilEvents) is { } events ? Quantities.Number("--until-events", events) : null,
                invocation.Get(key),
                invocation.Get(commits));
            if (wishes.UntilText?.Length == 0)
                throw new UsageException("--until-text: an empty text never appears; name one");
            return Run(invocation, guest.Load(invocation), wishes);
        });
    }

    private static List<TypeAfter> Script(string[] steps)
    {
        try
        {
            return [.. steps.Select(TypeAfter.Parse)];
        }
        catch (FormatException e)
        {
            throw new UsageException("--type-after: " + e.Message, e);
        }
    }

    private static int Run(Invocation invocation, Guest guest, Wishes wishes)
    {
        using Stream? file = wishes.InputFile is { } path ? Open(path) : null;
        bool interactive = file is null && invocation.Doors.Terminal.HasInput && !invocation.Json;
        TerminalFeed? terminal = interactive ? new TerminalFeed() : null;
        var inputs = new LiveInputSource(new LiveInputs
        {
            Entropy = invocation.Doors.Entropy,
            Input = file,
            Script = wishes.Script,
            UntilText = wishes.UntilText,
            Terminal = terminal,
            Clock = invocation.Doors.Clock,
        });
        bool shown = !invocation.Quiet && !invocation.Json;
        using var console = new GuestConsole(
            inputs, shown ? new ConsoleOutput(invocation, filtered: true) : null, shown && invocation.Doors.Terminal.HasOutput);
        using var progress = new ProgressReport(invocation, "recording", wishes.UntilTime ?? 0, "instructions");
        bool bar = !(shown && invocation.Doors.Terminal.HasOutput);
        var sink = new SwitchedSink();
        var options = new MachineOptions
        {
            Console = console,
            UntilTime = wishes.UntilTime,
            UntilEvents = wishes.UntilEvents,
            OpenDisk = guest.Disk is { } disk ? _ => disk : null,
            OnTurn = at =>
            {
                console.Flush();
                invocation.Activity.Progress = at;
                if (bar)
                    progress.Report(at);
            },
        };
        // Built before a session is created: a machine that cannot be is refused before anything is written.
        using IReplayedMachine machine = invocation.Doors.Machine(guest.Manifest, guest.Plan.Images, inputs, sink, options);
        using IEventLog? log = wishes.NoRecord ? null : invocation.OpenLog();
        using HeadSigner? signer = log is null ? null : SigningKey.Load(invocation, wishes.Key);
        string? name = log is null ? null : wishes.Name ?? SessionNaming.Next(guest.Path, log.List());
        using ISessionWriter? writer = log?.Create(invocation.Doors.NewId(), name!);
        using CommitReport? commits = writer is null || wishes.Commits is null ? null : new CommitReport(wishes.Commits);
        using Recorder? recorder = writer is null ? null : new Recorder(writer, invocation.Doors.Clock, RecorderOptions(invocation, inputs, commits));
        invocation.Activity.Session = name;
        if (writer is not null && guest.Disk is { } image)
            invocation.Disks.Remember(guest.Manifest.Disk!.Sha256, image.FullPath);
        sink.Target = recorder;
        using IDisposable interrupt = invocation.Doors.OnInterrupt(() =>
        {
            inputs.Stop();
            recorder?.Interrupt();
        });
        if (terminal is not null)
            invocation.Doors.Terminal.Feed(terminal);

        RunResult result = machine.Run(null);
        TimeSpan elapsed = progress.Elapsed;
        console.Flush();
        RecorderStatistics? statistics = recorder?.Finish(signer is null ? null : (version, head) => signer.Sign(version, head));
        progress.Dispose();
        if (recorder?.Failure is { } failure)
            return Failed(invocation, name!, failure);
        RecordSummary.Write(invocation, name, result, statistics, elapsed);
        return Verdict(invocation, wishes, result, inputs);
    }

    private static RecorderOptions RecorderOptions(Invocation invocation, LiveInputSource inputs, CommitReport? commits) => new()
    {
        OnCommit = commits is null ? null : commits.Write,
        // A guest that has nothing to record runs on, or sleeps: it is ended at its next slice.
        OnFailure = inputs.Stop,
        OnSilence = silence => invocation.Warn(FormattableString.Invariant(
            $"the log has not answered for {silence.TotalSeconds:0} s; the guest waits for it, and Ctrl-C gives it up")),
    };

    private static int Failed(Invocation invocation, string name, RecorderFailure failure)
    {
        string safe = failure.SafePosition == 0
            ? "nothing of it is in the log"
            : $"events before {Quantities.Grouped(failure.SafePosition)} (t {Quantities.Grouped(failure.SafeVirtualTime)}) are safe and replay";
        invocation.Warn($"recording '{name}' stopped: {failure.Message.ReplaceLineEndings(" ")}; {safe}");
        if (failure.Cause is LogException)
            return ExitCode.Lacking;
        if (invocation.Doors.Variable("REPLAYVMM_TRACE") == "1")
            invocation.Error.WriteLine(failure.Cause);
        return ExitCode.Bug;
    }

    private static int Verdict(Invocation invocation, Wishes wishes, RunResult result, LiveInputSource inputs)
    {
        if (inputs.StepsLeft > 0)
            invocation.Remark($"replayvmm: {inputs.StepsLeft} --type-after steps never saw their text");
        if (result.Reason == EndReason.InternalError)
        {
            invocation.Warn("the guest did something that this version cannot do; the last internal_error event says what");
            return ExitCode.Different;
        }

        if (wishes.UntilText is null || result.Reason == EndReason.TextSeen)
            return ExitCode.Done;
        invocation.Warn($"the text \"{wishes.UntilText}\" did not appear before the end");
        return ExitCode.Different;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--input {path}: cannot be read: {e.Message}", e);
        }
    }
}
