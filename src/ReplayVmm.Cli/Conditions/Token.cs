namespace ReplayVmm.Cli;

/// <summary>What a piece of a condition is.</summary>
internal enum TokenKind
{
    End,
    Number,
    Name,
    Text,
    Operator,
}

/// <summary>A piece of a condition.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it was written; of a text, what is between the quotes.</param>
/// <param name="Column">Where it begins, 1 for the first character.</param>
/// <param name="Value">Its value, for a number.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Column, ulong Value);
