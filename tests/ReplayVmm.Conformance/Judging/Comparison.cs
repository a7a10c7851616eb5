using System.Globalization;

namespace ReplayVmm.Conformance;

/// <summary>What another machine's answer to a case is worth.</summary>
internal enum Verdict
{
    /// <summary>The same line.</summary>
    Same,
    /// <summary>The machine, or ours, does not have what the case is about.</summary>
    Absent,
    /// <summary>Another line, and docs/conformance.md says who is right.</summary>
    Known,
    /// <summary>Another line.</summary>
    Different,
}

/// <summary>Compares lines.</summary>
internal static class Comparison
{
    /// <summary>EAX of a case that found by CPUID that the machine lacks its feature.</summary>
    public const uint AbsentMark = 0xAB5E47;

    private static readonly string Absent = $"a={AbsentMark:x}";
    private const ulong ResumeFlag = 0x1_0000;

    /// <summary>What <paramref name="theirs"/> is worth beside <paramref name="ours"/>.</summary>
    public static Verdict Judge(string family, string name, string ours, IMachine machine, string theirs, Disagreements known)
    {
        if (HasWord(ours, Absent) || HasWord(theirs, Absent))
            return Verdict.Absent;
        if (Same(ours, theirs, ignoreResumeFlag: machine is QemuMachine))
            return Verdict.Same;
        return known.Has(family, name, machine.Name) ? Verdict.Known : Verdict.Different;
    }

    /// <summary>
    /// Equal, but perhaps for RF in a frame. QEMU never sets it in the flags that a fault pushes, which would make every line of a fault
    /// differ; docs/conformance.md says so once.
    /// </summary>
    private static bool Same(string ours, string theirs, bool ignoreResumeFlag)
    {
        string[] a = ours.Split(' '), b = theirs.Split(' ');
        return a.Length == b.Length && a.Zip(b).All(pair => pair.First == pair.Second
            || (ignoreResumeFlag && pair.First.StartsWith('f') && SameFrame(pair.First[1..], pair.Second[1..])));
    }

    private static bool SameFrame(string ours, string theirs)
    {
        string[] a = ours.Split(','), b = theirs.Split(',');
        return a.Length == b.Length && a.Zip(b).All(pair => pair.First == pair.Second
            || (Number(pair.First) is ulong first && Number(pair.Second) is ulong second && (first | ResumeFlag) == (second | ResumeFlag)));
    }

    private static ulong? Number(string word) =>
        ulong.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : null;

    private static bool HasWord(string line, string word) => line.Split(' ').Contains(word);
}
