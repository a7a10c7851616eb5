using System.CommandLine;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>verify</c>: hashes, signatures, and the proof by running again.</summary>
internal static class VerifyCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file", HelpName = "SESSION|FILE" };
        var key = new Option<string?>("--key") { Description = "The signer who must have signed: a P-256 key in PEM", HelpName = "PUBLIC" };
        var execute = new Option<bool>("--execute") { Description = "Prove it by running the guest again" };
        var command = new CliCommand(
            "verify",
            "Checks that a recording was not changed",
            "replayvmm verify nightly-7                          # every hash and signature in the database",
            "replayvmm verify nightly-7.rvmm --key signer.pem    # a file, and who signed it",
            "replayvmm verify nightly-7 --execute                # and the guest does the same again");
        command.Arguments.Add(session);
        command.Options.Add(key);
        command.Options.Add(execute);
        var disk = new DiskOption();
        disk.AddTo(command);
        return command.Does(() =>
        {
            disk.Take(invocation);
            return Run(invocation, invocation.Get(session), invocation.Get(key), invocation.Get(execute));
        });
    }

    private static int Run(Invocation invocation, string name, string? keyFile, bool execute)
    {
        byte[]? pinned = keyFile is null ? null : HeadSigner.LoadPublicKey(keyFile);
        using OpenedSession session = OpenedSession.Open(invocation, name);
        VerificationReport report = Verify(invocation, session, pinned, name);
        if (invocation.Json)
            WriteJson(invocation, session.Info, report, pinned is not null);
        else
            WriteText(invocation, name, report, pinned is not null);
        if (!report.IsGood)
            return ExitCode.Different;
        return execute ? ReplayCommand.Execute(invocation, session, name, until: null) : ExitCode.Done;
    }

    /// <summary>Verifies with a progress bar.</summary>
    internal static VerificationReport Verify(Invocation invocation, OpenedSession session, byte[]? pinned, string name)
    {
        using var progress = new ProgressReport(invocation, "verifying " + name, (ulong)session.Info.Version, "rows");
        using var verifier = new Verifier(session.Log.Signatures(session.Info.Id), pinned);
        LogException? unreadable = Walk(session, verifier, progress);
        VerificationReport report = verifier.Finish(session.Info.Version);
        if (unreadable is not null && report.Fault is null or { Reason: RowFault.Truncated })
            return report with { Fault = new VerificationFault(report.Rows + 1, RowFault.Changed, unreadable!.Message) };
        return report.IsGood && !session.Info.BeingRecorded
            ? report with { Fault = session.Log.CheckIndex(session.Info.Id, report) }
            : report;
    }

    /// <summary>Hands the rows over until a fault is certain; returns what the log says where it cannot give a row.</summary>
    private static LogException? Walk(OpenedSession session, Verifier verifier, ProgressReport progress)
    {
        try
        {
            foreach (LogRow row in session.Log.ReadToVerify(session.Info.Id))
            {
                // A session that is being recorded grows on while we look: what it was when we began is what is verified.
                if (session.Info.BeingRecorded && row.Version > session.Info.Version)
                    break;
                if (!verifier.Add(row))
                    break;
                progress.Report((ulong)row.Version);
            }

            return null;
        }
        catch (LogException e) when (e.Trouble == LogTrouble.BadRecording)
        {
            return e;
        }
    }

    private static void WriteText(Invocation invocation, string name, VerificationReport report, bool pinned)
    {
        if (report.Fault is { } fault)
        {
            string where = fault.Row == 0 ? "" : FormattableString.Invariant($" from row {fault.Row}");
            invocation.Line($"{name}: NOT GOOD{where}: {Word(fault.Reason)}: {fault.Message}");
            invocation.Line($"  good before   {report.Rows:n0} rows, {report.Events:n0} events, up to event {report.Positions:n0}");
            return;
        }

        invocation.Line($"{name}: good · {report.Rows:n0} rows · {report.Events:n0} events");
        invocation.Line($"  head       {Convert.ToHexStringLower(report.Head)}");
        invocation.Line($"  content    {Convert.ToHexStringLower(report.Content)}");
        string by = pinned ? " by the pinned key" : ", by whom is not checked: --key PUBLIC does";
        invocation.Line($"  signed     {(report.SignedThrough == 0 ? "not at all" : FormattableString.Invariant($"up to row {report.SignedThrough:n0}{by}"))}");
        if (!report.Ended)
            invocation.Line($"  end        open: the recording was cut short or goes on; what is there is whole");
    }

    private static string Word(RowFault reason) => reason.ToString().ToLowerInvariant();

    private static void WriteJson(Invocation invocation, SessionInfo session, VerificationReport report, bool pinned) =>
        JsonOutput.Object(invocation.Output, writer =>
        {
            writer.WriteString("session"u8, session.Name);
            writer.WriteBoolean("good"u8, report.IsGood);
            writer.WriteNumber("rows"u8, report.Rows);
            writer.WriteNumber("events"u8, report.Events);
            writer.WriteNumber("positions"u8, report.Positions);
            writer.WriteBoolean("ended"u8, report.Ended);
            writer.WriteNumber("signedThrough"u8, report.SignedThrough);
            writer.WriteBoolean("pinned"u8, pinned);
            writer.WriteString("head"u8, Convert.ToHexStringLower(report.Head));
            writer.WriteString("content"u8, Convert.ToHexStringLower(report.Content));
            if (report.Fault is not { } fault)
                return;
            writer.WriteStartObject("fault"u8);
            writer.WriteNumber("row"u8, fault.Row);
            writer.WriteString("reason"u8, Word(fault.Reason));
            writer.WriteString("message"u8, fault.Message);
            writer.WriteEndObject();
        });
}
