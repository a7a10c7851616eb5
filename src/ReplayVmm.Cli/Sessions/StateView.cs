using System.Globalization;
using System.Text;
using ReplayVmm.Hypervisor;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>The state of a session at an event, reached by running the guest again.</summary>
internal static class StateView
{
    private const int BytesInLine = 16;
    private const int RegistersInLine = 4;

    /// <summary>Shows it.</summary>
    public static int Show(Invocation invocation, OpenedSession session, ulong position, MemoryWindow? window)
    {
        using var cancel = new CancellationTokenSource();
        using IDisposable interrupt = invocation.Doors.OnInterrupt(cancel.Cancel);
        MachineSnapshot? snapshot = null;
        byte[]? bytes = null;
        ReplayReport report;
        using (var progress = new ProgressReport(invocation, $"running {session.Info.Name} up to event {position}", 0, "instructions"))
        {
            report = new Replayer(session.Log, invocation.Doors.Machine).Execute(session.Info, new ReplayOptions
            {
                Until = position,
                OnTurn = progress.Report,
                Cancel = cancel.Token,
                Inspect = machine => (snapshot, bytes) = Look(machine, window),
            });
        }

        if (report.Outcome is ReplayOutcome.Diverged)
        {
            invocation.Output.Write(DivergenceText.Of(report.Divergence!, session.Info.Name));
            return ExitCode.Different;
        }

        if (report.Outcome is not ReplayOutcome.IdenticalToPosition)
            throw new UsageException($"--at {position}: the session has {Quantities.Grouped(report.Position)} positions; name one before that");
        VmState state = Folder.Fold(session.Log, session.Info, position).State;
        if (invocation.Json)
            WriteJson(invocation, report, state, snapshot, window, bytes);
        else
            WriteText(invocation, session.Info.Name, report, position, state, snapshot, window, bytes);
        return ExitCode.Done;
    }

    private static (MachineSnapshot? Snapshot, byte[]? Bytes) Look(IReplayedMachine machine, MemoryWindow? window)
    {
        if (machine.Processor(0) is not { } processor || machine.Memory is not { } memory)
            return (null, null);
        byte[]? bytes = window is { } wanted ? new byte[wanted.Length] : null;
        if (bytes is not null && !memory.TryRead(window!.Value.Address, bytes))
            throw new UsageException($"--memory: 0x{window.Value.Address:x},{window.Value.Length} is not all guest memory there");
        return (MachineSnapshot.Take(processor, memory), bytes);
    }

    private static void WriteText(
        Invocation invocation, string name, ReplayReport report, ulong position, VmState state, MachineSnapshot? snapshot, MemoryWindow? window, byte[]? bytes)
    {
        invocation.Line($"{name} at event {position:n0} · t {report.VirtualTime:n0} · vcpu 0 · {report.Instructions:n0} instructions");
        if (snapshot is not null)
        {
            invocation.Line($"  {snapshot.At.CodeSegment:x4}:{snapshot.At.Rip:x16}  {snapshot.At.Text}");
            foreach (RegisterValue[] line in snapshot.Registers.Where(r => !r.Name.Contains('.', StringComparison.Ordinal)).Chunk(RegistersInLine))
                invocation.Line($"  {string.Join("  ", line.Select(r => FormattableString.Invariant($"{r.Name,-8} {r.Value:x16}")))}");
            foreach (RegisterValue[] line in snapshot.Registers.Where(r => r.Name.Contains('.', StringComparison.Ordinal)).Chunk(RegistersInLine))
                invocation.Line($"  {string.Join("  ", line.Select(r => FormattableString.Invariant($"{r.Name} {r.Value:x}")))}");
        }

        for (int i = 0; i < state.Memslots.Length; i++)
        {
            Memslot slot = state.Memslots[i];
            if (slot.Size != 0)
                invocation.Line($"  memslot {i}: {slot.Address:x16} + {slot.Size:x} flags {slot.Flags:x}");
        }

        if (bytes is not null)
            Dump(invocation, window!.Value.Address, bytes);
    }

    private static void Dump(Invocation invocation, ulong address, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i += BytesInLine)
        {
            byte[] line = bytes[i..Math.Min(bytes.Length, i + BytesInLine)];
            string hex = string.Join(' ', line.Select(b => b.ToString("x2", CultureInfo.InvariantCulture))).PadRight((BytesInLine * 3) - 1);
            string text = Encoding.ASCII.GetString([.. line.Select(b => b is >= 0x20 and < 0x7F ? b : (byte)'.')]);
            invocation.Line($"  {address + (ulong)i:x16}  {hex}  {text}");
        }
    }

    private static void WriteJson(
        Invocation invocation, ReplayReport report, VmState state, MachineSnapshot? snapshot, MemoryWindow? window, byte[]? bytes) =>
        JsonOutput.Object(invocation.Output, writer =>
        {
            writer.WriteNumber("position"u8, report.Position);
            writer.WriteNumber("virtualTime"u8, report.VirtualTime);
            writer.WriteNumber("instructions"u8, report.Instructions);
            if (snapshot is not null)
            {
                writer.WriteString("instruction"u8, snapshot.At.Text);
                writer.WriteStartObject("registers"u8);
                foreach (RegisterValue register in snapshot.Registers)
                    writer.WriteString(register.Name, FormattableString.Invariant($"0x{register.Value:x}"));
                writer.WriteEndObject();
            }

            writer.WriteStartArray("memslots"u8);
            for (int i = 0; i < state.Memslots.Length; i++)
            {
                Memslot slot = state.Memslots[i];
                if (slot.Size == 0)
                    continue;
                writer.WriteStartObject();
                writer.WriteNumber("slot"u8, i);
                writer.WriteString("address"u8, FormattableString.Invariant($"0x{slot.Address:x}"));
                writer.WriteNumber("size"u8, slot.Size);
                writer.WriteNumber("flags"u8, slot.Flags);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (bytes is not null)
            {
                writer.WriteString("address"u8, FormattableString.Invariant($"0x{window!.Value.Address:x}"));
                writer.WriteString("memory"u8, Convert.ToHexStringLower(bytes));
            }
        });
}
