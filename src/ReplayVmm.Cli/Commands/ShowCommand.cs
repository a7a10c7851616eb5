using System.CommandLine;
using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary><c>show</c>: one session, or its state at an event.</summary>
internal static class ShowCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file" };
        var at = new Option<string?>("--at") { Description = "The state there: registers, memslots, the instruction", HelpName = "POSITION" };
        var memory = new Option<string?>("--memory") { Description = "With --at: guest-physical memory too", HelpName = "ADDR,LENGTH" };
        var disk = new DiskOption();
        var command = new CliCommand(
            "show",
            "Shows a session's manifest, counts, rates and sizes, or its state at an event",
            "replayvmm show nightly-7",
            "replayvmm show nightly-7 --at 812 --memory 0x1000,64");
        command.Arguments.Add(session);
        command.Options.Add(at);
        command.Options.Add(memory);
        disk.AddTo(command);
        return command.Does(() =>
        {
            if (invocation.Get(at) is null && invocation.Get(memory) is not null)
                throw new UsageException("--memory needs --at POSITION: memory is that of a moment");
            ulong? position = invocation.Get(at) is { } text ? Quantities.Number("--at", text) : null;
            MemoryWindow? window = invocation.Get(memory) is { } range ? MemoryWindow.Parse(range) : null;
            disk.Take(invocation);
            using OpenedSession opened = OpenedSession.Open(invocation, invocation.Get(session));
            return position is { } there ? StateView.Show(invocation, opened, there, window) : Run(invocation, opened);
        });
    }

    private static int Run(Invocation invocation, OpenedSession session)
    {
        MachineManifest manifest = RecordedBoot.ReadManifest(session.Log, session.Info);
        RecordedEnd? end = RecordedEnd.Read(session.Log, session.Info);
        long[] counts = new long[256];
        ulong time = 0;
        ulong position = 0;
        foreach (LogRow row in session.Log.Read(session.Info.Id))
        {
            RowHeader header = RowHeader.Of(row);
            foreach (EventKind kind in header.Kinds)
                counts[(int)kind] += header.CountOf(kind);
            time = header.LastVirtualTime;
            position = header.NextPosition;
        }

        int signatures = session.Log.Signatures(session.Info.Id).Count;
        if (invocation.Json)
            WriteJson(invocation, session.Info, manifest, end, counts, position, time, signatures);
        else
            WriteText(invocation, session.Info, manifest, end, counts, position, time, signatures);
        return ExitCode.Done;
    }

    private static void WriteText(
        Invocation invocation, SessionInfo session, MachineManifest manifest, RecordedEnd? end, long[] counts, ulong position, ulong time, int signatures)
    {
        string instructions = end is null ? "" : FormattableString.Invariant($" · {end.Instructions:n0} instructions");
        invocation.Line($"{session.Name} · {session.Events:n0} events{instructions} · {manifest.Vendor} · recorded under {manifest.Patches}");
        var table = new Columns("", "");
        table.Add("  id", session.Id.ToString());
        string versions = $"ReplayVmm {manifest.ReplayVmmVersion} on .NET {manifest.RuntimeVersion}";
        table.Add("  recorded", FormattableString.Invariant($"{session.Created:yyyy-MM-dd HH:mm:ss} UTC by {versions}"));
        table.Add("  end", end is null ? ListCommand.State(session) : EndText(end));
        string memory = Quantities.Bytes((long)manifest.MemoryBytes);
        table.Add("  machine", FormattableString.Invariant($"{memory} · {manifest.Vcpus} vcpu · {manifest.CpuModel} · turns of {manifest.Quantum:n0} instructions"));
        table.Add("  boot", FormattableString.Invariant($"{manifest.Boot.Protocol}, {manifest.Boot.Mode} bit, entry 0x{manifest.Boot.Entry:x}"));
        foreach (BootFile file in manifest.Boot.Files)
            table.Add("  " + file.Role, FormattableString.Invariant($"{file.Name} · {file.Length:n0} bytes · sha256 {file.Sha256}"));
        if (manifest.Disk is { } disk)
            table.Add("  disk", FormattableString.Invariant($"{disk.Name} · {disk.Length:n0} bytes · sha256 {disk.Sha256}"));
        if (manifest.Boot.CommandLine.Length > 0)
            table.Add("  command line", manifest.Boot.CommandLine);
        string rate = $"{Quantities.Seconds(time)} of virtual time · {Rate(session.Events, time)} events per virtual second";
        table.Add("  length", FormattableString.Invariant($"{position:n0} positions · {rate}"));
        string size = Quantities.Bytes(session.Bytes);
        table.Add("  size", FormattableString.Invariant($"{size} in {session.Version:n0} rows · {BytesPerEvent(session):0.00} bytes/event"));
        table.Add("  signatures", signatures == 0 ? "none" : FormattableString.Invariant($"{signatures}"));
        table.Add("  checkpoints", "none in this version: a state is reached from the start");
        table.Write(invocation.Output, coloured: false);
        CountsPerKind.WriteText(invocation, counts);
    }

    private static string EndText(RecordedEnd end)
    {
        string code = end.Reason == EndReason.GuestExit ? FormattableString.Invariant($" with code {end.Code}") : "";
        return FormattableString.Invariant($"{ReplayCommand.Reason(end.Reason)}{code} at event {end.Position:n0} · t {end.VirtualTime:n0}");
    }

    private static double BytesPerEvent(SessionInfo session) => session.Events == 0 ? 0 : session.Bytes / (double)session.Events;

    private static string Rate(long events, ulong time) => time == 0 ? "-" : Quantities.Short(events / (time / 1e9));

    private static void WriteJson(
        Invocation invocation, SessionInfo session, MachineManifest manifest, RecordedEnd? end, long[] counts, ulong position, ulong time, int signatures) =>
        JsonOutput.Object(invocation.Output, writer =>
        {
            SessionJson.WriteMembers(writer, session);
            writer.WriteNumber("positions"u8, position);
            writer.WriteNumber("virtualTime"u8, time);
            writer.WriteNumber("signatures"u8, signatures);
            if (end is not null)
            {
                writer.WriteStartObject("end"u8);
                writer.WriteString("reason"u8, JsonNamingPolicy.CamelCase.ConvertName(end.Reason.ToString()));
                writer.WriteNumber("code"u8, end.Code);
                writer.WriteNumber("position"u8, end.Position);
                writer.WriteNumber("virtualTime"u8, end.VirtualTime);
                writer.WriteNumber("instructions"u8, end.Instructions);
                writer.WriteEndObject();
            }

            writer.WritePropertyName("manifest"u8);
            writer.WriteRawValue(ManifestJson.Write(manifest));
            CountsPerKind.WriteJson(writer, counts);
        });
}
