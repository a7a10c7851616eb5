using System.Globalization;
using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>
/// How far long work has got: a bar on a terminal, a plain line now and then elsewhere, nothing where only results are wanted. It looks at
/// the clock at most once in a few calls, so it can be told at every turn's end.
/// </summary>
internal sealed class ProgressReport : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainPause = TimeSpan.FromSeconds(5);

    private readonly Invocation invocation;
    private readonly string title;
    private readonly ulong total;
    private readonly string unit;
    private readonly bool silent, onTerminal;
    private readonly long start;
    private TimeSpan shown;
    private int longest;

    /// <summary>Begins.</summary>
    /// <param name="invocation">Where to report.</param>
    /// <param name="title">What is being done: <c>replaying nightly-7</c>.</param>
    /// <param name="total">Amount of work; 0 where it is not known.</param>
    /// <param name="unit">What the work is counted in: <c>instructions</c>.</param>
    public ProgressReport(Invocation invocation, string title, ulong total, string unit)
    {
        this.invocation = invocation;
        this.title = title;
        this.total = total;
        this.unit = unit;
        // Asked once: looking an option up takes longer than a turn should.
        silent = invocation.Quiet || invocation.Json;
        onTerminal = invocation.Doors.Terminal.HasError;
        start = invocation.Doors.Clock.GetTimestamp();
    }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed => invocation.Doors.Clock.GetElapsedTime(start);

    /// <summary>The machine got here.</summary>
    public void Report(MachineProgress progress)
    {
        invocation.Activity.Progress = progress;
        Report(progress.Instructions, progress);
    }

    /// <summary>This much of the work is done.</summary>
    public void Report(ulong done, MachineProgress? machine = null)
    {
        if (silent)
            return;
        TimeSpan elapsed = Elapsed;
        if (elapsed - shown < (onTerminal ? TerminalPause : PlainPause))
            return;
        shown = elapsed;
        string line = Line(done, machine, elapsed);
        if (!onTerminal)
        {
            invocation.Error.WriteLine(line);
            return;
        }

        line = line.Length < invocation.Doors.Terminal.Width ? line : line[..(invocation.Doors.Terminal.Width - 1)];
        longest = Math.Max(longest, line.Length);
        invocation.Error.Write("\r" + line.PadRight(longest));
        invocation.Error.Flush();
    }

    /// <summary>Clears the bar.</summary>
    public void Dispose()
    {
        if (longest > 0)
            invocation.Error.Write("\r" + new string(' ', longest) + "\r");
    }

    /// <summary>What fits: where the terminal is narrow, what matters less is left out.</summary>
    private string Line(ulong done, MachineProgress? machine, TimeSpan elapsed)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        double part = total == 0 ? 0 : Math.Min(1, done / (double)total);
        // Text, and how much it matters: 0 is always there.
        List<(string Text, int Rank)> pieces = [(title, 0)];
        if (total > 0)
        {
            int filled = (int)(part * BarWidth);
            if (onTerminal)
                pieces.Add((new string('█', filled) + new string('░', BarWidth - filled), 3));
            pieces.Add((Invariant($"{part * 100:0} %"), 0));
        }

        pieces.Add((total > 0 ? $"{Quantities.Short(done)} of {Quantities.Short(total)} {unit}" : $"{Quantities.Short(done)} {unit}", 2));
        if (machine is { } at)
        {
            pieces.Add((Invariant($"event {at.Position:n0}"), 4));
            pieces.Add(("t " + Quantities.Seconds(at.VirtualTime), 5));
            pieces.Add((Invariant($"{done / seconds / 1e6:0} MIPS"), 1));
            pieces.Add((Quantities.Short(at.Position / seconds) + " events/s", 6));
        }
        else
        {
            pieces.Add(($"{Quantities.Short(done / seconds)} {unit}/s", 1));
        }

        if (part > 0)
            pieces.Add((Invariant($"{Math.Ceiling(seconds * (1 - part) / part):0} s left"), 1));
        int room = onTerminal ? invocation.Doors.Terminal.Width : int.MaxValue;
        for (int rank = 6; rank > 0 && pieces.Sum(piece => piece.Text.Length + 2) > room; rank--)
            pieces.RemoveAll(piece => piece.Rank == rank);
        return string.Join("  ", pieces.Select(piece => piece.Text));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
