using System.CommandLine;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>export</c>: a session into a <c>.rvmm</c> file.</summary>
internal static class ExportCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix" };
        var file = new Argument<string>("file") { Description = "A file that is not there yet", HelpName = "FILE" };
        var command = new CliCommand(
            "export",
            "Writes a session into a .rvmm file, whole and unchanged",
            "replayvmm export nightly-7 nightly-7.rvmm");
        command.Arguments.Add(session);
        command.Arguments.Add(file);
        return command.Does(() => Run(invocation, invocation.Get(session), invocation.Get(file)));
    }

    private static int Run(Invocation invocation, string name, string path)
    {
        using IEventLog log = invocation.OpenLog();
        SessionInfo session = invocation.Find(log, name);
        if (session.BeingRecorded)
            throw new UsageException($"session '{session.Name}' is still being recorded; export it once the recording has ended");
        using (var writer = RecordingFileWriter.Create(path, new RecordingSession(session.Id, session.Name, session.Created)))
        {
            using var progress = new ProgressReport(invocation, "exporting " + session.Name, (ulong)session.Version, "rows");
            foreach (LogRow row in log.Read(session.Id))
            {
                writer.Write(row);
                progress.Report((ulong)row.Version);
            }

            foreach (HeadSignature signature in log.Signatures(session.Id))
                writer.Write(signature);
            writer.Complete();
        }

        long bytes = new FileInfo(path).Length;
        if (invocation.Json)
        {
            JsonOutput.Object(invocation.Output, writer =>
            {
                writer.WriteString("session"u8, session.Name);
                writer.WriteString("file"u8, path);
                writer.WriteNumber("bytes"u8, bytes);
            });
        }
        else
        {
            invocation.Line($"exported · {session.Name} · {session.Events:n0} events · {Quantities.Bytes(bytes)} in {path}");
        }

        return ExitCode.Done;
    }
}
