using System.CommandLine;
using ReplayVmm.Events;
using ReplayVmm.Store;

namespace ReplayVmm.Cli;

/// <summary><c>doctor</c>: what this machine has and lacks, and how to get it.</summary>
internal static class DoctorCommand
{
    private sealed record Finding(string Subject, bool Good, bool Needed, string State, string Remedy);

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation) => new CliCommand(
        "doctor",
        "Says what this machine has and lacks, and how to get it",
        "replayvmm doctor           # exit 3 where something that is needed is missing",
        "replayvmm doctor --json")
        .Does(() => Run(invocation));

    private static int Run(Invocation invocation)
    {
        List<Finding> findings =
        [
            new("replayvmm", true, true, $"{CommandLine.Version} on .NET {invocation.Doors.RuntimeVersion}", ""),
            Database(invocation),
            Key(invocation),
            Terminal(invocation),
            Kvm(),
            .. Guests(),
        ];
        if (invocation.Json)
            WriteJson(invocation, findings);
        else
            WriteText(invocation, findings);
        return findings.Exists(finding => finding.Needed && !finding.Good) ? ExitCode.Lacking : ExitCode.Done;
    }

    private static Finding Database(Invocation invocation)
    {
        try
        {
            if (invocation.DatabaseUrl is null)
            {
                // Looked for before anything is started: doctor changes nothing.
                ServerStatus status = new PrivateServer().Status();
                IReadOnlyList<PostgresBinaries> found = PostgresBinaries.FindAll(HostEnvironment.FromProcess());
                if (found.Count == 0)
                    return new Finding("database", false, true, "no PostgreSQL here", "apt-get install postgresql, or set REPLAYVMM_DATABASE");
                string versions = string.Join(", ", found.Select(binaries => binaries.Major).Distinct().Order());
                string state = status.State == ServerState.Absent ? "made at the first recording" : status.State.ToString().ToLowerInvariant();
                return new Finding("database", true, true, $"PostgreSQL {versions}; private server: {state}, {status.Directory}", "");
            }

            using IEventLog log = invocation.OpenLog();
            return new Finding("database", true, true, $"{log.List().Count} sessions in the configured database", "");
        }
        catch (LogException e)
        {
            return new Finding("database", false, true, "cannot be used", e.Message);
        }
    }

    private static Finding Key(Invocation invocation)
    {
        string path = SigningKey.DefaultPath(invocation);
        return File.Exists(path)
            ? new Finding("signing key", true, false, path, "")
            : new Finding("signing key", true, false, "made at the first recording", "");
    }

    private static Finding Terminal(Invocation invocation) => new(
        "terminal", true, false, invocation.Doors.Terminal.HasInput ? "a person can type to a guest" : "none; guests are fed by --input and --type-after", "");

    private static Finding Kvm() => File.Exists("/dev/kvm")
        ? new Finding("/dev/kvm", true, false, "there; this version does not use it yet", "")
        : new Finding("/dev/kvm", true, false, "not there; not needed, guests run on the software processor", "");

    private static IEnumerable<Finding> Guests()
    {
        string[] places = ["/boot", "artifacts/guests", "."];
        string? memtest = places.SelectMany(place => Directory.Exists(place) ? Directory.EnumerateFiles(place, "memtest86+*.bin") : [])
            .Order(StringComparer.Ordinal).FirstOrDefault();
        yield return memtest is not null
            ? new Finding("guest memtest86+", true, false, memtest, "")
            : new Finding("guest memtest86+", false, false, "not found", "eng/guests fetches it (apt-get download memtest86+)");
    }

    private static void WriteText(Invocation invocation, List<Finding> findings)
    {
        var table = new Columns("", "", "");
        foreach (Finding finding in findings)
        {
            string mark = finding.Good ? "ok" : finding.Needed ? "MISSING" : "missing";
            table.Add(mark, finding.Subject, finding.State + (finding.Remedy.Length > 0 ? ": " + finding.Remedy : ""));
        }

        table.Write(invocation.Output, coloured: false);
    }

    private static void WriteJson(Invocation invocation, List<Finding> findings) => JsonOutput.Write(invocation.Output, writer =>
    {
        writer.WriteStartArray();
        foreach (Finding finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("subject"u8, finding.Subject);
            writer.WriteBoolean("good"u8, finding.Good);
            writer.WriteBoolean("needed"u8, finding.Needed);
            writer.WriteString("state"u8, finding.State);
            writer.WriteString("remedy"u8, finding.Remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
