using System.CommandLine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary><c>export-disk</c>: a session's disk as it was, reached by running the guest again.</summary>
internal static class ExportDiskCommand
{
    private sealed record Wishes(string Session, string File, ulong? At, bool Force);

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file" };
        var file = new Argument<string>("file") { Description = "Where the disk is written", HelpName = "FILE" };
        var at = new Option<string?>("--at") { Description = "The disk after this event; default: at the end", HelpName = "POSITION" };
        var force = new Option<bool>("--force") { Description = "Replace FILE where it is there already" };
        var disk = new DiskOption();
        var command = new CliCommand(
            "export-disk",
            "Writes a session's disk, as it was at an event or at the end, into a file",
            "replayvmm export-disk nightly-7 disk.img                 # at the end",
            "replayvmm export-disk nightly-7 before.img --at 90211    # just after an event",
            "replayvmm export-disk nightly-7.rvmm disk.img --disk original.img --force");
        command.Arguments.Add(session);
        command.Arguments.Add(file);
        command.Options.Add(at);
        command.Options.Add(force);
        disk.AddTo(command);
        return command.Does(() =>
        {
            ulong? position = invocation.Get(at) is { } text ? Quantities.Number("--at", text) : null;
            disk.Take(invocation);
            return Run(invocation, new Wishes(invocation.Get(session), invocation.Get(file), position, invocation.Get(force)));
        });
    }

    private static int Run(Invocation invocation, Wishes wishes)
    {
        CheckFile(wishes);
        using OpenedSession session = OpenedSession.Open(invocation, wishes.Session);
        if (RecordedBoot.ReadManifest(session.Log, session.Info).Disk is not { } manifest)
            throw new UsageException($"session '{session.Info.Name}' has no disk; record --disk IMAGE gives a guest one");
        using var cancel = new CancellationTokenSource();
        using IDisposable interrupt = invocation.Doors.OnInterrupt(cancel.Cancel);
        Action<IReplayedMachine> write = machine => Write(invocation, machine, wishes.File, cancel.Token);
        ReplayReport report = Execute(invocation, session, wishes, write, cancel.Token);
        if (report.Divergence is { } divergence)
        {
            invocation.Output.Write(DivergenceText.Of(divergence, session.Info.Name));
            return ExitCode.Different;
        }

        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("session"u8, session.Info.Name);
                writer.WriteString("file"u8, wishes.File);
                writer.WriteNumber("bytes"u8, manifest.Length);
                writer.WriteNumber("position"u8, report.Position);
                writer.WriteNumber("virtualTime"u8, report.VirtualTime);
            });
        }
        else
        {
            string place = wishes.At is { } at ? FormattableString.Invariant($"after event {at:n0}") : "at the end";
            invocation.Line($"exported · disk of {session.Info.Name} {place} · t {report.VirtualTime:n0} · {Quantities.Bytes(manifest.Length)} in {wishes.File}");
        }

        return ExitCode.Done;
    }

    /// <summary>Runs the guest again; <paramref name="write"/> sees the machine only where every event was equal up to there.</summary>
    private static ReplayReport Execute(
        Invocation invocation, OpenedSession session, Wishes wishes, Action<IReplayedMachine> write, CancellationToken cancel)
    {
        string name = session.Info.Name;
        ulong total = wishes.At is null ? RecordedEnd.Read(session.Log, session.Info)?.Instructions ?? 0 : 0;
        using var progress = new ProgressReport(invocation, $"running {name} up to {(wishes.At is { } at ? $"event {at}" : "its end")}", total, "instructions");
        return new Replayer(session.Log, invocation.Doors.Machine).Execute(session.Info, new ReplayOptions
        {
            Until = wishes.At,
            OnTurn = progress.Report,
            Cancel = cancel,
            InspectOutcome = (machine, outcome, position) =>
            {
                if (outcome == ReplayOutcome.Cancelled || cancel.IsCancellationRequested)
                    throw new UsageException("stopped before the end; nothing was written");
                if (wishes.At is { } wanted && outcome is not (ReplayOutcome.IdenticalToPosition or ReplayOutcome.Diverged))
                    throw new UsageException($"--at {wanted}: the session has {Quantities.Grouped(position)} positions; name one before that");
                if (outcome != ReplayOutcome.Diverged)
                    write(machine);
            },
        });
    }

    private static void Write(Invocation invocation, IReplayedMachine machine, string path, CancellationToken cancel)
    {
        if (machine.Disk is not { } disk)
            throw new InvalidOperationException("a machine with a disk in its manifest shows none");
        if (File.Exists(path) && disk.ImagePath == Path.GetFullPath(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path))
            throw new UsageException($"{path} is the recording's disk image itself, which is never written; name another file");
        using var progress = new ProgressReport(invocation, "writing " + path, (ulong)disk.Length, "bytes");
        try
        {
            DiskWriter.Write(disk, path, done => progress.Report(done), cancel);
        }
        catch (OperationCanceledException e)
        {
            throw new UsageException("stopped before the end; nothing was written", e);
        }
    }

    /// <summary>Refused before the guest runs, which may take long.</summary>
    private static void CheckFile(Wishes wishes)
    {
        if (Directory.Exists(wishes.File))
            throw new UsageException($"{wishes.File} is a directory; name a file");
        if (File.Exists(wishes.File) && !wishes.Force)
            throw new UsageException($"{wishes.File} is there already; name another file, or give --force to replace it");
        string folder = Path.GetDirectoryName(Path.GetFullPath(wishes.File))!;
        if (!Directory.Exists(folder))
            throw new UsageException($"{wishes.File}: there is no directory {folder}");
    }
}
