using System.CommandLine;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>import</c>: a <c>.rvmm</c> file into the log, all or nothing.</summary>
internal static class ImportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var file = new Argument<string>("file") { Description = "A .rvmm file", HelpName = "FILE" };
        var name = new Option<string?>("--name") { Description = "Name in this log; default: the one it was recorded under", HelpName = "NAME" };
        var command = new CliCommand(
            "import",
            "Takes a .rvmm file into the log, all of it or nothing",
            "replayvmm import nightly-7.rvmm",
            "replayvmm import nightly-7.rvmm --name theirs");
        command.Arguments.Add(file);
        command.Options.Add(name);
        return command.Does(() => Run(invocation, invocation.Get(file), invocation.Get(name)));
    }

    private static int Run(Invocation invocation, string path, string? wanted)
    {
        // Read through and verified before anything is written: what the file holds is not trusted.
        using var file = new RecordingFileLog(path);
        invocation.Activity.Session = path;
        Verify(invocation, file, path);
        using IEventLog log = invocation.OpenLog();
        string name = wanted ?? file.Session.Name;
        using (var progress = new ProgressReport(invocation, "importing " + path, (ulong)file.Session.Version, "rows"))
        {
            IEnumerable<LogRow> rows = Counted(file, progress);
            log.Import(file.Session.Id, name, file.Session.Created, rows, () => file.Signatures(file.Session.Id));
        }

        if (invocation.Json)
        {
            SessionInfo session = log.Find(file.Session.Id.ToString());
            JsonOutput.Write(invocation.Output, writer => SessionJson.Write(writer, session));
        }
        else
        {
            invocation.Line($"imported · {name} · {file.Session.Events:n0} events · {Quantities.Bytes(file.Session.Bytes)}");
        }

        return ExitCode.Done;
    }

    private static void Verify(Invocation invocation, RecordingFileLog file, string path)
    {
        using var progress = new ProgressReport(invocation, "verifying " + path, (ulong)file.Session.Version, "rows");
        using var verifier = new Verifier(file.Signatures(file.Session.Id));
        foreach (LogRow row in file.Read(file.Session.Id))
        {
            if (!verifier.Add(row))
                break;
            progress.Report((ulong)row.Version);
        }

        VerificationReport report = verifier.Finish(file.Session.Version);
        if (report.Fault is { } fault)
            throw new LogException(LogTrouble.BadRecording, $"{path}: row {fault.Row}: {fault.Message}; nothing was imported");
        if (report.Rows == 0)
            throw new LogException(LogTrouble.BadRecording, $"{path}: it holds no rows; nothing was imported");
    }

    private static IEnumerable<LogRow> Counted(RecordingFileLog file, ProgressReport progress)
    {
        foreach (LogRow row in file.Read(file.Session.Id))
        {
            progress.Report((ulong)row.Version);
            yield return row;
        }
    }
}
