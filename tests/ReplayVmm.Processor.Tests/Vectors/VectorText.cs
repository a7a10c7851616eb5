using System.Globalization;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>Vectors as people read them: quadwords in hexadecimal, the highest first.</summary>
internal static class VectorText
{
    public static string Hex(ReadOnlySpan<ulong> quadwords)
    {
        string text = "";
        foreach (ulong quadword in quadwords)
            text = quadword.ToString("x16", CultureInfo.InvariantCulture) + (text.Length == 0 ? "" : "_") + text;
        return text;
    }

    public static string Hex(Vector128<byte> vector) => Hex([vector.AsUInt64()[0], vector.AsUInt64()[1]]);
}
