using System.CommandLine;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>prune</c>: deletes a session, which leaves an event of its own.</summary>
internal static class PruneCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask" };
        var command = new CliCommand(
            "prune",
            "Deletes a session; that it was deleted stays on record",
            "replayvmm prune nightly-7          # asks first",
            "replayvmm prune nightly-7 --yes    # for scripts");
        command.Arguments.Add(session);
        command.Options.Add(yes);
        return command.Does(() => Run(invocation, invocation.Get(session), invocation.Get(yes)));
    }

    private static int Run(Invocation invocation, string name, bool yes)
    {
        using IEventLog log = invocation.OpenLog();
        SessionInfo session = invocation.Find(log, name);
        if (session.BeingRecorded)
            throw new UsageException($"session '{session.Name}' is being recorded; end the recording first");
        if (!yes && !Asked(invocation, session))
            throw new UsageException("nothing was deleted");
        log.Prune(session.Id);
        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("pruned"u8, session.Name);
                writer.WriteString("id"u8, session.Id);
                writer.WriteNumber("bytes"u8, session.Bytes);
            });
        }
        else
        {
            invocation.Line($"pruned · {session.Name} · {session.Events:n0} events");
            invocation.Remark($"its {Quantities.Bytes(session.Bytes)} can be used again by the database; they are not returned to the file system");
        }

        return ExitCode.Done;
    }

    private static bool Asked(Invocation invocation, SessionInfo session)
    {
        if (!invocation.Doors.Terminal.HasInput)
            throw new UsageException($"prune {session.Name}: nobody is there to be asked; --yes says that you mean it");
        invocation.Error.Write($"delete session '{session.Name}' ({Quantities.Grouped(session.Events)} events) for good? [y/N] ");
        invocation.Error.Flush();
        return invocation.Doors.Terminal.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
