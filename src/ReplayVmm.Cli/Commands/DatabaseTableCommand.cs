using System.CommandLine;
using ReplayVmm.Store;

namespace ReplayVmm.Cli;

/// <summary><c>database table</c>: the table of events for people who ask in SQL.</summary>
internal static class DatabaseTableCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var rebuild = new Option<bool>("--rebuild") { Description = "Forget what is there and make it anew from the log" };
        var command = new CliCommand(
            "table",
            "Brings rv_events, the table with a row an event, up to date; ports, device memory and console data are left out",
            "replayvmm database table",
            "psql … -c 'select kind, count(*) from rv_events group by kind'    # database status says how to connect");
        command.Options.Add(rebuild);
        return command.Does(() => Run(invocation, invocation.Get(rebuild)));
    }

    private static int Run(Invocation invocation, bool rebuild)
    {
        using var log = invocation.OpenLog();
        if (log is not EventStore store)
            throw new UsageException("database table: this log has no tables");
        var table = new EventTable(store);
        long rows = rebuild ? log.List().Sum(session => table.Rebuild(session.Id)) : table.CatchUpAll();
        if (invocation.Json)
            JsonOutput.Object(invocation.Output, writer => writer.WriteNumber("rowsProjected"u8, rows));
        else
            invocation.Line($"event table · {(rebuild ? "made anew" : "up to date")} · {rows:n0} rows of the log projected");
        return ExitCode.Done;
    }
}
