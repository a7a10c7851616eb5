namespace ReplayVmm.Cli;

/// <summary>
/// Lets through what a guest may do to a person's screen (text, colours, cursor, clearing) and drops what it may not: titles, clipboard,
/// device control, reports that the terminal would type back, and other private sequences (ECMA-48).
/// </summary>
internal sealed class TerminalFilter
{
    private const int LongestSequence = 64;
    private const byte Escape = 0x1B;

    private readonly byte[] sequence = new byte[LongestSequence];
    private int length;
    private State state;

    private enum State
    {
        Text,
        Escaped,
        Control,
        String,
        StringEscaped,
    }

    /// <summary>Filters <paramref name="bytes"/> into <paramref name="output"/>; a sequence may go on in the next call.</summary>
    public void Write(ReadOnlySpan<byte> bytes, List<byte> output)
    {
        foreach (byte b in bytes)
            Write(b, output);
    }

    private void Write(byte b, List<byte> output)
    {
        switch (state)
        {
            case State.Text:
                if (b == Escape)
                    Begin(b);
                else if (b is >= 0x20 and not 0x7F or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\b')
                    output.Add(b);
                break;
            case State.Escaped:
                AfterEscape(b, output);
                break;
            case State.Control:
                InControl(b, output);
                break;
            case State.String:
                if (b == Escape)
                    state = State.StringEscaped;
                else if (b == 0x07)
                    state = State.Text;
                break;
            case State.StringEscaped:
                state = b == '\\' ? State.Text : State.String;
                break;
        }
    }

    private void Begin(byte b)
    {
        sequence[0] = b;
        length = 1;
        state = State.Escaped;
    }

    private void AfterEscape(byte b, List<byte> output)
    {
        switch ((char)b)
        {
            case '[':
                sequence[length++] = b;
                state = State.Control;
                break;
            case ']' or 'P' or 'X' or '^' or '_':
                state = State.String;
                break;
            case '7' or '8' or 'D' or 'E' or 'M':
                output.Add(Escape);
                output.Add(b);
                state = State.Text;
                break;
            default:
                state = b is >= 0x20 and < 0x30 ? State.Escaped : State.Text;
                break;
        }
    }

    private void InControl(byte b, List<byte> output)
    {
        if (b is < 0x20 or > 0x7E || length == LongestSequence)
        {
            state = State.Text;
            return;
        }

        sequence[length++] = b;
        if (b < 0x40)
            return;
        state = State.Text;
        bool plain = sequence[2] is (byte)';' or >= (byte)'0' and <= (byte)'9' || length == 3;
        bool cursor = sequence[2] == '?' && b is (byte)'h' or (byte)'l' && sequence.AsSpan(2, length - 3).SequenceEqual("?25"u8);
        if ((plain && "ABCDEFGHJKLMPSTXdfmrsu@"u8.Contains(b)) || cursor)
            output.AddRange(sequence.AsSpan(0, length));
    }
}
