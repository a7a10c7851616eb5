using System.CommandLine;
using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary><c>replay</c>: runs a session again and compares every event.</summary>
internal static class ReplayCommand
{
    private static readonly string[] Levels = ["execute", "fold", "handlers"];

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file" };
        var level = new Option<string>("--level")
        {
            Description = "execute: runs the guest and compares; fold: rebuilds the monitor's state from the log alone; handlers: not yet",
            DefaultValueFactory = _ => "execute",
            HelpName = "fold|handlers|execute",
        };
        var patches = new Option<string?>("--patches") { Description = "Patch profile to run under; default: that of the recording", HelpName = "PROFILE" };
        var until = new Option<string?>("--until") { Description = "Stop after this event", HelpName = "POSITION" };
        var bisect = new Option<bool>("--for-git-bisect") { Description = "Exit 125 for everything that is neither identical nor diverged" };
        var disk = new DiskOption();
        var command = new CliCommand(
            "replay",
            "Runs a session again and compares every event",
            "replayvmm replay nightly-7                                  # exit 0: identical; 1: it diverged, and where",
            "replayvmm replay nightly-7 --until 1902114                  # up to an event",
            "replayvmm replay nightly-7 --disk original.img              # its disk image was moved",
            "replayvmm replay nightly-7 --level fold                     # the monitor's state, from the log alone",
            "git bisect run eng/replayvmm replay nightly-7 --for-git-bisect");
        command.Arguments.Add(session);
        command.Options.Add(level);
        command.Options.Add(patches);
        command.Options.Add(until);
        command.Options.Add(bisect);
        disk.AddTo(command);
        return command.Does(() =>
        {
            string name = invocation.Get(session);
            string how = invocation.Get(level)!;
            if (!Levels.Contains(how, StringComparer.Ordinal))
                throw new UsageException($"--level {how}: there is no such level{NearNames.Hint(how, Levels, "; it is fold, handlers or execute")}");
            if (how == "handlers")
                throw new UsageException("--level handlers: arrives with the hypervisor's patch series; this version has fold and execute");
            ulong? last = invocation.Get(until) is { } text ? Quantities.Number("--until", text) : null;
            disk.Take(invocation);
            using OpenedSession opened = OpenedSession.Open(invocation, name);
            CheckPatches(opened, invocation.Get(patches));
            return how == "fold" ? Fold(invocation, opened, name, last) : Execute(invocation, opened, name, last);
        });
    }

    /// <summary>Runs the guest again.</summary>
    internal static int Execute(Invocation invocation, OpenedSession session, string name, ulong? until)
    {
        RecordedEnd? end = RecordedEnd.Read(session.Log, session.Info);
        using var cancel = new CancellationTokenSource();
        using IDisposable interrupt = invocation.Doors.OnInterrupt(cancel.Cancel);
        TimeSpan elapsed;
        ReplayReport report;
        using (var progress = new ProgressReport(invocation, "replaying " + name, until is null ? end?.Instructions ?? 0 : 0, "instructions"))
        {
            report = new Replayer(session.Log, invocation.Doors.Machine).Execute(
                session.Info, new ReplayOptions { Until = until, OnTurn = progress.Report, Cancel = cancel.Token });
            elapsed = progress.Elapsed;
        }

        if (invocation.Json)
            WriteJson(invocation, name, report);
        else
            WriteText(invocation, name, report, elapsed);
        return report.Outcome switch
        {
            ReplayOutcome.Diverged => ExitCode.Different,
            ReplayOutcome.Cancelled => ExitCode.BadUsage,
            _ => ExitCode.Done,
        };
    }

    private static void CheckPatches(OpenedSession session, string? patches)
    {
        if (patches is null)
            return;
        string recorded = RecordedBoot.ReadManifest(session.Log, session.Info).Patches;
        if (patches != recorded)
        {
            throw new UsageException(
                $"--patches {patches}: the recording ran under '{recorded}', and other profiles arrive with the hypervisor's patch series");
        }
    }

    private static void WriteText(Invocation invocation, string name, ReplayReport report, TimeSpan elapsed)
    {
        switch (report.Outcome)
        {
            case ReplayOutcome.Diverged:
                invocation.Output.Write(DivergenceText.Of(report.Divergence!, name));
                return;
            case ReplayOutcome.Cancelled:
                invocation.Warn($"stopped at event {Quantities.Grouped(report.Position)}; identical so far");
                return;
        }

        string scope = report.Outcome switch
        {
            ReplayOutcome.IdenticalToPosition => "to that event",
            ReplayOutcome.IdenticalPrefix => "to the last event; the recording was cut short there",
            _ => $"to the end ({Reason(report.End!.Reason)})",
        };
        invocation.Line($"identical · {name} · {report.Equal:n0} events {scope}");
        double mips = report.Instructions / Math.Max(elapsed.TotalSeconds, 1e-3) / 1e6;
        invocation.Line($"  {report.Instructions:n0} instructions · {Quantities.Seconds(report.VirtualTime)} of virtual time · {mips:0} MIPS");
    }

    /// <summary>Why a machine ended, in words.</summary>
    internal static string Reason(EndReason reason) => EventSchema.SnakeCase(reason.ToString()).Replace('_', ' ');

    private static void WriteJson(Invocation invocation, string name, ReplayReport report) => JsonOutput.Object(invocation.Output, writer =>
    {
        writer.WriteString("session"u8, name);
        writer.WriteString("outcome"u8, JsonNamingPolicy.CamelCase.ConvertName(report.Outcome.ToString()));
        writer.WriteBoolean("identical"u8, report.Divergence is null);
        writer.WriteNumber("events"u8, report.Equal);
        writer.WriteNumber("position"u8, report.Position);
        writer.WriteNumber("virtualTime"u8, report.VirtualTime);
        writer.WriteNumber("instructions"u8, report.Instructions);
        if (report.Divergence is null)
            return;
        writer.WritePropertyName("divergence"u8);
        DivergenceJson.Write(writer, report.Divergence);
    });

    private static int Fold(Invocation invocation, OpenedSession session, string name, ulong? until)
    {
        using var cancel = new CancellationTokenSource();
        using IDisposable interrupt = invocation.Doors.OnInterrupt(cancel.Cancel);
        FoldReport report;
        TimeSpan elapsed;
        using (var progress = new ProgressReport(invocation, "folding " + name, (ulong)session.Info.Events, "events"))
        {
            ulong events = 0;
            report = Folder.Fold(session.Log, session.Info, until, (reader, _) => progress.Report(events += (ulong)reader.Events.Length), cancel.Token);
            elapsed = progress.Elapsed;
        }

        if (cancel.IsCancellationRequested)
            throw new UsageException("stopped before the end");
        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("session"u8, name);
                writer.WriteNumber("events"u8, report.Events);
                writer.WriteNumber("position"u8, report.Position);
                writer.WriteNumber("virtualTime"u8, report.VirtualTime);
                writer.WriteString("state"u8, Convert.ToHexStringLower(report.Digest));
                writer.WriteBoolean("ended"u8, report.Ended);
                CountsPerKind.WriteJson(writer, report.Counts);
            });
            return ExitCode.Done;
        }

        invocation.Line($"folded · {name} · {report.Events:n0} events · {Quantities.Short(report.Events / Math.Max(elapsed.TotalSeconds, 1e-3))} events/s");
        invocation.Line($"  state      {Convert.ToHexStringLower(report.Digest)} after event {report.Position:n0} · t {report.VirtualTime:n0}");
        CountsPerKind.WriteText(invocation, report.Counts);
        return ExitCode.Done;
    }
}
