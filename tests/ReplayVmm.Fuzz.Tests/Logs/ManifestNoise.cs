using System.Text;
using System.Text.RegularExpressions;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Manifests in which one value is another.</summary>
internal static partial class ManifestNoise
{
    private static readonly string[] Values =
        ["0", "1", "-1", "4096", "1048576", "2097152", "68719476736", "18446744073709551615", "1000000", "9223372036854775807", "null", "\"\"", "[]", "{}", "1e3", "\"\\ud800\"", "\"x\\ny\"", "[null]", "[{}]", "true"];

    /// <summary>Throws one, made of <paramref name="manifest"/>.</summary>
    public static byte[] Throw(Dice dice, ReadOnlySpan<byte> manifest)
    {
        string text = Encoding.UTF8.GetString(manifest);
        MatchCollection values = Value().Matches(text);
        if (values.Count == 0 || dice.OnceIn(16))
            return JsonNoise.Throw(dice);
        Group chosen = values[dice.Below(values.Count)].Groups["value"];
        string value = dice.OnceIn(3) ? dice.Number().ToString(System.Globalization.CultureInfo.InvariantCulture) : dice.Pick<string>(Values);
        return Encoding.UTF8.GetBytes(text[..chosen.Index] + value + text[(chosen.Index + chosen.Length)..]);
    }

    [GeneratedRegex("\"\\w+\":(?<value>\"[^\"]*\"|-?\\d+|\\[[^\\]]*\\])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Value();
}
