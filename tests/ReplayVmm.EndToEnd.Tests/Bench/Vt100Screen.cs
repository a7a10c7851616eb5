using System.Globalization;
using System.Text;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>As much of a VT100 as a memory test draws with: what stands on its screen at the end.</summary>
internal sealed class Vt100Screen
{
    private const int Columns = 80, Lines = 25;
    private readonly char[] cells = [.. Enumerable.Repeat(' ', Columns * Lines)];
    private readonly StringBuilder sequence = new();
    private int line;
    private int column;
    private bool inSequence;

    /// <summary>The guest printed this.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (inSequence)
                Continue((char)b);
            else
                Put((char)b);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', cells.Chunk(Columns).Select(c => new string(c).TrimEnd()));

    private void Put(char c)
    {
        switch (c)
        {
            case '\e':
                inSequence = true;
                sequence.Clear();
                break;
            case '\r':
                column = 0;
                break;
            case '\n':
                line = Math.Min(line + 1, Lines - 1);
                break;
            case '\b':
                column = Math.Max(column - 1, 0);
                break;
            case >= ' ' when column < Columns:
                cells[(line * Columns) + column++] = c;
                break;
        }
    }

    private void Continue(char c)
    {
        sequence.Append(c);
        if (sequence.Length == 1 ? c is '[' or '(' or ')' : !char.IsLetter(c))
            return;
        inSequence = false;
        string text = sequence.ToString();
        if (text[0] != '[')
            return;
        int[] numbers = [.. text[1..^1].TrimStart('?').Split(';').Select(Number)];
        if (c is 'H' or 'f')
        {
            line = Math.Clamp(numbers[0], 1, Lines) - 1;
            column = Math.Clamp(numbers.Length > 1 ? numbers[1] : 1, 1, Columns) - 1;
        }
        else if (c == 'J' && numbers[0] == 2)
        {
            Array.Fill(cells, ' ');
        }
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;
}
