using System.CommandLine;
using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>list</c>: the sessions.</summary>
internal static class ListCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation) => new CliCommand(
        "list",
        "Lists the sessions, newest first",
        "replayvmm list           # a table",
        "replayvmm list --json    # for programs")
        .Does(() => Run(invocation));

    private static int Run(Invocation invocation)
    {
        using IEventLog log = invocation.OpenLog();
        IReadOnlyList<SessionInfo> sessions = log.List();
        if (invocation.Json)
        {
            JsonOutput.Write(invocation.Output, writer =>
            {
                writer.WriteStartArray();
                foreach (SessionInfo session in sessions)
                    SessionJson.Write(writer, session);
                writer.WriteEndArray();
            });
            return ExitCode.Done;
        }

        if (sessions.Count == 0)
        {
            invocation.Remark($"no sessions yet: replayvmm record makes one");
            return ExitCode.Done;
        }

        Columns table = new Columns("NAME", "EVENTS", "SIZE", "STATE", "RECORDED", "ID").Right(1, 2);
        foreach (SessionInfo session in sessions)
        {
            table.Add(
                session.Name, Quantities.Grouped(session.Events), Quantities.Bytes(session.Bytes), State(session),
                session.Created.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), session.Id.ToString()[..8]);
        }

        table.Write(invocation.Output, invocation.Doors.Terminal.HasOutput);
        return ExitCode.Done;
    }

    /// <summary>What a session is doing, in a word.</summary>
    internal static string State(SessionInfo session) => session.BeingRecorded ? "recording" : session.Ended ? "ended" : "cut short";
}
