namespace ReplayVmm.Events;

/// <summary>Texts that name what a stranger chose (a session's name, a row's type, a manifest's value), made fit for one line of a terminal.</summary>
public static class OneLine
{
    /// <summary>Characters of a line at most.</summary>
    public const int Longest = 2000;

    /// <summary>
    /// <paramref name="text"/> with a question mark in place of every control character, line ends and escapes included, and cut at <see cref="Longest"/>.
    /// </summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > Longest)
            text = text[..(Longest - 1)] + "…";
        return text.AsSpan().ContainsAnyInRange('\0', '\u001f') || text.AsSpan().ContainsAnyInRange('\u007f', '\u009f')
            ? string.Create(text.Length, text, static (target, source) =>
            {
                for (int i = 0; i < target.Length; i++)
                    target[i] = char.IsControl(source[i]) ? '?' : source[i];
            })
            : text;
    }
}
