namespace ReplayVmm.Cli;

/// <summary>Cuts a condition into pieces.</summary>
internal static class Tokenizer
{
    private static readonly string[] Operators =
        ["==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "<", ">", "!", "&", "|", "^", "+", "-", "(", ")", "."];

    /// <summary>The pieces of <paramref name="text"/>, and an end.</summary>
    /// <exception cref="UsageException">It has a piece that no condition has.</exception>
    public static List<Token> Cut(string text)
    {
        var tokens = new List<Token>();
        int at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
            {
                tokens.Add(new Token(TokenKind.End, "the end", at + 1, 0));
                return tokens;
            }

            Token token = Next(text, at, out int length);
            tokens.Add(token);
            at += length;
        }
    }

    private static Token Next(string text, int at, out int length)
    {
        char first = text[at];
        if (char.IsAsciiLetter(first) || first == '_')
        {
            length = Run(text, at, c => char.IsAsciiLetterOrDigit(c) || c == '_');
            return new Token(TokenKind.Name, text.Substring(at, length), at + 1, 0);
        }

        if (char.IsAsciiDigit(first))
        {
            length = Run(text, at, c => char.IsAsciiLetterOrDigit(c) || c is '_' or ',');
            string number = text.Substring(at, length);
            return Quantities.TryNumber(number, out ulong value)
                ? new Token(TokenKind.Number, number, at + 1, value)
                : throw Condition.Error(at + 1, $"'{number}' is not a number; write 1000, 1_000 or 0x3e8");
        }

        if (first == '"')
        {
            int end = text.IndexOf('"', at + 1);
            if (end < 0)
                throw Condition.Error(at + 1, "the text has no closing '\"'");
            length = end - at + 1;
            return new Token(TokenKind.Text, text[(at + 1)..end], at + 1, 0);
        }

        string? found = Array.Find(Operators, o => text.AsSpan(at).StartsWith(o, StringComparison.Ordinal));
        if (found is null)
            throw Condition.Error(at + 1, $"'{first}' has no meaning here{(first == '=' ? "; equality is ==" : "")}");
        length = found.Length;
        return new Token(TokenKind.Operator, found, at + 1, 0);
    }

    private static int Run(string text, int at, Func<char, bool> belongs)
    {
        int end = at;
        while (end < text.Length && belongs(text[end]))
            end++;
        return end - at;
    }
}
