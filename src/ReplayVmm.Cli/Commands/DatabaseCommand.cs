using System.CommandLine;
using System.Globalization;
using ReplayVmm.Store;

namespace ReplayVmm.Cli;

/// <summary><c>database</c>: the private server.</summary>
internal static class DatabaseCommand
{
    /// <summary>Makes the command and those below it.</summary>
    public static Command Create(Invocation invocation)
    {
        var command = new CliCommand(
            "database",
            "The private PostgreSQL server that is used where no other is named",
            "replayvmm database status",
            "replayvmm database backup recordings.dump");
        command.Subcommands.Add(new CliCommand(
            "start", "Starts it, and leaves it running until it is stopped", "replayvmm database start").Does(() => Start(invocation)));
        command.Subcommands.Add(new CliCommand(
            "stop", "Stops it", "replayvmm database stop").Does(() => Stop(invocation)));
        command.Subcommands.Add(new CliCommand(
            "status", "Says what it is doing, and where", "replayvmm database status --json").Does(() => Status(invocation)));
        var file = new Argument<string>("file") { Description = "A file that is not there yet", HelpName = "FILE" };
        var backup = new CliCommand(
            "backup", "Writes everything into one file that pg_restore reads", "replayvmm database backup recordings.dump");
        backup.Arguments.Add(file);
        command.Subcommands.Add(backup.Does(() => Backup(invocation, invocation.Get(file))));
        command.Subcommands.Add(DatabaseTableCommand.Create(invocation));
        return command;
    }

    private static PrivateServer Server(Invocation invocation) => invocation.DatabaseUrl is null
        ? new PrivateServer()
        : throw new UsageException(
            "database: another server is configured by --database or REPLAYVMM_DATABASE, and its operator starts, stops and backs it up; "
            + "unset it for the private one");

    private static int Start(Invocation invocation)
    {
        PrivateServer server = Server(invocation);
        bool started = server.EnsureStarted(keepRunning: true);
        return Report(invocation, started ? "started" : "was running", server.Status());
    }

    private static int Stop(Invocation invocation)
    {
        PrivateServer server = Server(invocation);
        bool stopped = server.Stop();
        return Report(invocation, stopped ? "stopped" : "was not running", server.Status());
    }

    private static int Status(Invocation invocation)
    {
        ServerStatus status = Server(invocation).Status();
        return Report(invocation, status.State.ToString().ToLowerInvariant(), status);
    }

    private static int Backup(Invocation invocation, string path)
    {
        Server(invocation).Backup(path);
        long bytes = new FileInfo(path).Length;
        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("file"u8, path);
                writer.WriteNumber("bytes"u8, bytes);
            });
        }
        else
        {
            invocation.Line($"backed up · {Quantities.Bytes(bytes)} in {path}; pg_restore reads it");
        }

        return ExitCode.Done;
    }

    /// <summary>The private server's connection settings as <c>psql</c> and other programs of PostgreSQL take them.</summary>
    private static string Connect() => new PrivateServer().ConnectionString
        .Replace("Host=", "host=", StringComparison.Ordinal).Replace("Port=", "port=", StringComparison.Ordinal)
        .Replace("Username=", "user=", StringComparison.Ordinal).Replace("Database=", "dbname=", StringComparison.Ordinal).Replace(';', ' ');

    private static int Report(Invocation invocation, string what, ServerStatus status)
    {
        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("what"u8, what);
                writer.WriteString("state"u8, status.State.ToString().ToLowerInvariant());
                writer.WriteString("directory"u8, status.Directory);
                writer.WriteNumber("major"u8, status.Major);
                writer.WriteNumber("bytes"u8, status.Bytes);
                writer.WriteBoolean("keptRunning"u8, status.KeptRunning);
                writer.WriteString("connect"u8, Connect());
                if (status.ProcessId is { } process)
                    writer.WriteNumber("process"u8, process);
            });
            return ExitCode.Done;
        }

        invocation.Line($"private server · {what}");
        var table = new Columns("", "");
        table.Add("  state", status.State.ToString().ToLowerInvariant() + (status.KeptRunning ? ", kept running" : ""));
        table.Add("  directory", status.Directory);
        if (status.Major > 0)
            table.Add("  version", "PostgreSQL " + status.Major.ToString(CultureInfo.InvariantCulture));
        if (status.Bytes > 0)
            table.Add("  size", Quantities.Bytes(status.Bytes));
        if (status.ProcessId is { } running)
            table.Add("  process", running.ToString(CultureInfo.InvariantCulture));
        table.Add("  connect", $"psql \"{Connect()}\"");
        table.Write(invocation.Output, coloured: false);
        return ExitCode.Done;
    }
}
