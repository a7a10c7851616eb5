using System.Globalization;
using System.Text.Json;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>What a recording came to.</summary>
internal static class RecordSummary
{
    /// <summary>
    /// Writes it: for people as a remark, since standard output is the guest's console; for programs, or where remarks are not wanted, as the result.
    /// </summary>
    public static void Write(Invocation invocation, string? name, RunResult result, RecorderStatistics? statistics, TimeSpan elapsed)
    {
        if (invocation.Json)
            WriteJson(invocation, name, result, statistics, elapsed);
        else if (invocation.Quiet && name is not null)
            invocation.Output.WriteLine(name);
        else
            WriteText(invocation, name, result, statistics, elapsed);
    }

    private static void WriteText(Invocation invocation, string? name, RunResult result, RecorderStatistics? statistics, TimeSpan elapsed)
    {
        double seconds = Math.Max(elapsed.TotalSeconds, 1e-3);
        string code = result.Reason == EndReason.GuestExit ? string.Create(CultureInfo.InvariantCulture, $" with code {result.Code}") : "";
        invocation.Remark($"");
        invocation.Remark($"{(name is null ? "ran" : "recorded")} · {name ?? "without a log"} · {ReplayCommand.Reason(result.Reason)}{code}");
        string time = FormattableString.Invariant($"{Quantities.Seconds(result.VirtualTime)} of virtual time in {seconds:0.0} s");
        invocation.Remark(
            $"  {result.Instructions:n0} instructions · {result.Position:n0} events · {time} · {result.Instructions / seconds / 1e6:0} MIPS");
        if (statistics is null)
            return;
        double perEvent = statistics.Events == 0 ? 0 : statistics.Bytes / (double)statistics.Events;
        string cost = FormattableString.Invariant(
            $"recording took {statistics.GuestCost.TotalSeconds:0.00} s of the guest's time, {statistics.Blocked.TotalSeconds:0.00} s waiting");
        invocation.Remark($"  {Quantities.Bytes(statistics.Bytes)} in {statistics.Rows:n0} rows · {perEvent:0.0} bytes/event · {cost}");
        invocation.Remark($"  again:  replayvmm replay {name}");
    }

    private static void WriteJson(Invocation invocation, string? name, RunResult result, RecorderStatistics? statistics, TimeSpan elapsed) =>
        JsonOutput.Object(invocation.Output, writer =>
        {
            if (name is null)
                writer.WriteNull("session"u8);
            else
                writer.WriteString("session"u8, name);
            writer.WriteString("reason"u8, JsonNamingPolicy.CamelCase.ConvertName(result.Reason.ToString()));
            writer.WriteNumber("code"u8, result.Code);
            writer.WriteNumber("position"u8, result.Position);
            writer.WriteNumber("virtualTime"u8, result.VirtualTime);
            writer.WriteNumber("instructions"u8, result.Instructions);
            writer.WriteNumber("seconds"u8, Math.Round(elapsed.TotalSeconds, 3));
            if (statistics is null)
                return;
            writer.WriteNumber("events"u8, statistics.Events);
            writer.WriteNumber("rows"u8, statistics.Rows);
            writer.WriteNumber("bytes"u8, statistics.Bytes);
            writer.WriteNumber("transactions"u8, statistics.Transactions);
            writer.WriteNumber("recordingSeconds"u8, Math.Round(statistics.GuestCost.TotalSeconds, 4));
            writer.WriteNumber("blockedSeconds"u8, Math.Round(statistics.Blocked.TotalSeconds, 4));
        });
}
