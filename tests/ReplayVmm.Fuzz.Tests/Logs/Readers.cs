using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Everything that reads a log, with what it may answer: a result, or one clear line.</summary>
internal static class Readers
{
    private const int MostTurns = 20;

    /// <summary>Runs <paramref name="read"/>; true where it had nothing to complain of.</summary>
    public static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (e is LogException or BootException)
        {
            FuzzException.Unless(!e.Message.Any(char.IsControl) && e.Message.Length <= OneLine.Longest, $"not one line: {e.Message}");
            return false;
        }
    }

    /// <summary>Verification, which answers in a report even where reading fails.</summary>
    public static VerificationReport Verify(RowsLog log)
    {
        VerificationReport report = Verifier.Verify(log.Read(Guid.Empty), log.Signatures(Guid.Empty), lastVersion: log.Info.Version);
        FuzzException.Unless(report.Fault is null || !report.Fault.Message.Any(char.IsControl), $"not one line: {report.Fault?.Message}");
        return report;
    }

    /// <summary>The state after each row.</summary>
    public static bool Fold(RowsLog log) => Try(() => Folder.Fold(log, log.Info));

    /// <summary>What <c>events</c> and <c>console</c> print.</summary>
    public static bool Show(RowsLog log) => Try(() =>
    {
        using var reader = new SegmentReader();
        foreach (LogRow row in log.Read(Guid.Empty))
        {
            reader.Read(row);
            foreach (ref readonly Event e in reader.Events)
            {
                FuzzException.Unless(EventText.Of(e, reader.Arena, withRip: true).Length > 0, "a line of nothing");
                FuzzException.Unless(EventJson.Of(e, reader.Arena).Length > 0, "JSON of nothing");
            }
        }
    });

    /// <summary>Runs the guest again, for a while.</summary>
    public static bool Replay(RowsLog log, ulong mostMemory) => Try(() =>
    {
        if (RecordedBoot.ReadManifest(log, log.Info).MemoryBytes > mostMemory)
            return;
        using var cancel = new CancellationTokenSource();
        int turns = 0;
        var options = new ReplayOptions
        {
            Cancel = cancel.Token,
            OnTurn = _ =>
            {
                if (++turns == MostTurns)
                    cancel.Cancel();
            },
        };
        ReplayReport report = new Replayer(log).Execute(log.Info, options);
        if (report.Divergence is not { } divergence)
            return;
        FuzzException.Unless(DivergenceText.Of(divergence, "hostile").Length < 20_000, "a report without bounds");
        FuzzException.Unless(divergence.Actual is not { Envelope.Kind: EventKind.InternalError }, "internal error");
    });
}
