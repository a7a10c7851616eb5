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
    private readonly bool onTerminal;
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
        if (invocation.Quiet || invocation.Json)
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

    private string Line(ulong done, MachineProgress? machine, TimeSpan elapsed)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        string bar = "";
        string amount = Quantities.Short(done);
        string left = "";
        if (total > 0)
        {
            double part = Math.Min(1, done / (double)total);
            int filled = (int)(part * BarWidth);
            bar = onTerminal ? $"  {new string('█', filled)}{new string('░', BarWidth - filled)}" : "";
            bar += string.Create(CultureInfo.InvariantCulture, $"  {part * 100:0} %");
            amount += " of " + Quantities.Short(total);
            if (part > 0)
                left = string.Create(CultureInfo.InvariantCulture, $"  {Math.Ceiling(seconds * (1 - part) / part):0} s left");
        }

        string rate = machine is { } at
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"  event {at.Position:n0}  t {Quantities.Seconds(at.VirtualTime)}  {done / seconds / 1e6:0} MIPS  {Quantities.Short(at.Position / seconds)} events/s")
            : $"  {Quantities.Short(done / seconds)} {unit}/s";
        return $"{title}{bar}  {amount} {unit}{rate}{left}";
    }
}
