using System.Text;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>JSON that is nearly right: deep, with names twice, numbers without end, escapes that stand for no character.</summary>
internal static class JsonNoise
{
    private const int Longest = 60_000;

    private static readonly string[] Names =
        ["Row", "Kinds", "Events", "BodyBytes", "Positions", "Compression", "PayloadBytes", "PreviousLink", "FirstPosition", "MemoryBytes", "Boot", "Patches", "\\ud800", "\\u0000", "", "a\\"];

    private static readonly string[] Values =
        ["0", "-1", "1e999", "18446744073709551616", "null", "true", "\"\"", "\"\\ud800\"", "\"\\udc00x\"", "[]", "{}", "1.5", "\"x", "nul", "0123", "\u0001", "[1,]", "{\"a\":1,}", "/**/1", "99999999999999999999999999"];

    /// <summary>Throws some, as UTF-8 or nearly so.</summary>
    public static byte[] Throw(Dice dice)
    {
        var text = new StringBuilder();
        if (dice.OnceIn(8))
            text.Append('[', dice.Below(Longest)).Append(']', dice.Below(100));
        else if (dice.OnceIn(8))
            text.Insert(0, "{\"a\":", dice.Below(Longest / 5));
        else
            Value(dice, text, dice.Below(6));
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.Length > 0 && dice.OnceIn(4))
            bytes[dice.Below(bytes.Length)] = (byte)dice.Next();
        return bytes.Length <= Longest ? bytes : bytes[..Longest];
    }

    private static void Value(Dice dice, StringBuilder text, int depth)
    {
        if (depth == 0 || text.Length > Longest)
        {
            text.Append(dice.Pick<string>(Values));
            return;
        }

        bool isObject = !dice.OnceIn(4);
        text.Append(isObject ? '{' : '[');
        for (int n = dice.Below(5); n >= 0; n--)
        {
            if (isObject)
                text.Append('"').Append(dice.Pick<string>(Names)).Append("\":");
            Value(dice, text, depth - 1);
            text.Append(n == 0 ? "" : ",");
        }

        text.Append(isObject ? '}' : ']');
    }
}
