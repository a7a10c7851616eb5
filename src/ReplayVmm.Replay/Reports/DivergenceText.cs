using System.Globalization;
using System.Text;

namespace ReplayVmm.Replay;

/// <summary>A divergence report for people: a handful of lines, whatever diverged.</summary>
public static class DivergenceText
{
    private const int InputsShown = 4;
    private const int NoteColumn = 50;

    /// <summary>The report; lines end with a line feed. The first begins with <c>DIVERGED</c>.</summary>
    /// <param name="divergence">What diverged.</param>
    /// <param name="session">The session's name, for the command that shows more.</param>
    public static string Of(Divergence divergence, string session)
    {
        ArgumentNullException.ThrowIfNull(divergence);
        var text = new StringBuilder();
        Line(text, $"DIVERGED at event {divergence.Position:n0} · t {divergence.VirtualTime:n0} · vcpu {divergence.Vcpu}");
        AppendEvents(text, divergence);
        if (divergence.At is { } at)
            Line(text, $"  at         {at.CodeSegment:x4}:{at.Rip:x16}  {at.Text}");
        AppendInterval(text, divergence);
        AppendInputs(text, divergence);
        if (divergence.Position > 0 && divergence.Before.Count > 0)
        {
            Line(
                text,
                $"  the {divergence.Before.Count} events before: replayvmm events {session} --to {divergence.Position} --tail {Divergence.EventsBefore}");
        }

        return text.ToString();
    }

    private static void AppendEvents(StringBuilder text, Divergence divergence)
    {
        bool sameRip = divergence.Expected?.Rip == divergence.Actual?.Rip;
        string expected = Shown(divergence.Expected, sameRip, "nothing: the recording ends here");
        string actual = Shown(divergence.Actual, sameRip, "nothing: the run has ended");
        Line(text, $"  expected   {expected}");
        if (divergence.Fields is [{ Meaning.Length: > 0 } only])
        {
            Line(text, $"  actual     {actual.PadRight(NoteColumn - 13)}  {only.Meaning}");
            return;
        }

        Line(text, $"  actual     {actual}");
        foreach (FieldDifference field in divergence.Fields)
        {
            string note = field.Meaning.Length > 0 ? "  " + field.Meaning : "";
            Line(text, $"    {field.Name,-14} {field.Expected} -> {field.Actual}{note}");
        }
    }

    private static string Shown(LoggedEvent? e, bool withoutRip, string otherwise)
    {
        if (e is null)
            return otherwise;
        string line = e.ToString();
        int rip = withoutRip && e.Rip is not null ? line.LastIndexOf(" rip ", StringComparison.Ordinal) : -1;
        return rip < 0 ? line : line[..rip];
    }

    private static void AppendInterval(StringBuilder text, Divergence divergence)
    {
        if (!divergence.IsSilent)
            return;
        if (divergence.LastEqualDigest is { } equal)
        {
            string from = string.Create(CultureInfo.InvariantCulture, $"event {equal.Envelope.Position:n0} (t {equal.Envelope.VirtualTime:n0})");
            Line(text, $"  silent     no event showed it: registers or memory came to differ between {from} and here");
        }
        else
        {
            Line(text, $"  silent     no event showed it: registers or memory came to differ between the start and here");
        }
    }

    private static void AppendInputs(StringBuilder text, Divergence divergence)
    {
        if (divergence.Inputs.Count == 0)
        {
            Line(text, $"  inputs in the last 1 M instructions: none");
            return;
        }

        string more = divergence.Inputs.Count > InputsShown ? "… " : "";
        IEnumerable<string> shown = divergence.Inputs
            .Skip(Math.Max(0, divergence.Inputs.Count - InputsShown))
            .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e} at t {e.Envelope.VirtualTime:n0}"));
        Line(text, $"  inputs in the last 1 M instructions: {more}{string.Join(", ", shown)}");
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture).TrimEnd()).Append('\n');
}
