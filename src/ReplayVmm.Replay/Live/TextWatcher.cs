using System.Text;

namespace ReplayVmm.Replay;

/// <summary>Finds a text in a stream of bytes that arrives one by one (Knuth, Morris, Pratt): no byte is looked at twice, nothing is kept.</summary>
internal sealed class TextWatcher
{
    private readonly byte[] text;
    private readonly int[] fallback;
    private int matched;

    /// <summary>Watches for <paramref name="text"/>, not empty, in UTF-8.</summary>
    public TextWatcher(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        this.text = Encoding.UTF8.GetBytes(text);
        fallback = new int[this.text.Length];
        for (int i = 1, length = 0; i < this.text.Length; i++)
        {
            while (length > 0 && this.text[i] != this.text[length])
                length = fallback[length - 1];
            if (this.text[i] == this.text[length])
                length++;
            fallback[i] = length;
        }
    }

    /// <summary>Takes the next byte.</summary>
    /// <returns>True where it completes the text.</returns>
    public bool Take(byte value)
    {
        while (matched > 0 && value != text[matched])
            matched = fallback[matched - 1];
        if (value == text[matched])
            matched++;
        if (matched < text.Length)
            return false;
        matched = 0;
        return true;
    }
}
