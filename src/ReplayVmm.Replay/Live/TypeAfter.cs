using System.Globalization;
using System.Text;

namespace ReplayVmm.Replay;

/// <summary>One step of a script: what to type once a text has appeared on the console.</summary>
/// <param name="Text">The text to wait for, not empty.</param>
/// <param name="Keys">The bytes to type.</param>
public sealed record TypeAfter(string Text, byte[] Keys)
{
    /// <summary>
    /// Reads <c>TEXT=KEYS</c>. In both, <c>\r \n \t \e \\ \=</c> and <c>\xNN</c> stand for the characters that they name.
    /// </summary>
    /// <exception cref="FormatException">It is not of that form; the message says why.</exception>
    public static TypeAfter Parse(string step)
    {
        ArgumentNullException.ThrowIfNull(step);
        var text = new List<byte>();
        var keys = new List<byte>();
        List<byte> part = text;
        for (int i = 0; i < step.Length; i++)
        {
            char c = step[i];
            if (c == '=' && part == text)
                part = keys;
            else if (c == '\\')
                part.Add(Escape(step, ref i));
            else if (char.IsHighSurrogate(c) && i + 1 < step.Length)
                part.AddRange(Encoding.UTF8.GetBytes(step.Substring(i++, 2)));
            else
                part.AddRange(Encoding.UTF8.GetBytes([c]));
        }

        if (part == text)
            throw new FormatException($"'{step}' has no '=' between the text to wait for and the keys to type");
        if (text.Count == 0)
            throw new FormatException($"'{step}' names no text to wait for before its '='");
        return new TypeAfter(Encoding.UTF8.GetString([.. text]), [.. keys]);
    }

    private static byte Escape(string step, ref int i)
    {
        char name = ++i < step.Length ? step[i] : '\0';
        switch (name)
        {
            case 'r': return (byte)'\r';
            case 'n': return (byte)'\n';
            case 't': return (byte)'\t';
            case 'e': return 0x1B;
            case '\\' or '=': return (byte)name;
            case 'x' when i + 2 < step.Length
                && byte.TryParse(step.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value):
                i += 2;
                return value;
            default:
                throw new FormatException($"'{step}' has an unknown escape at character {i}; known are \\r \\n \\t \\e \\\\ \\= \\xNN");
        }
    }
}
