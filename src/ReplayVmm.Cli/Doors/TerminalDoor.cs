using System.Text;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>The door to the host's terminal.</summary>
internal sealed class TerminalDoor : ITerminal
{
    /// <inheritdoc/>
    public bool HasInput => !Console.IsInputRedirected;

    /// <inheritdoc/>
    public bool HasOutput => !Console.IsOutputRedirected;

    /// <inheritdoc/>
    public bool HasError => !Console.IsErrorRedirected;

    /// <inheritdoc/>
    public int Width => HasError && Console.BufferWidth > 0 ? Console.BufferWidth : 80;

    /// <inheritdoc/>
    public string? ReadLine() => Console.ReadLine();

    /// <inheritdoc/>
    public void Feed(TerminalFeed feed)
    {
        var thread = new Thread(() => Read(feed)) { IsBackground = true, Name = "terminal" };
        thread.Start();
    }

    private static void Read(TerminalFeed feed)
    {
        try
        {
            while (true)
                feed.Type(Bytes(Console.ReadKey(intercept: true)));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The terminal is gone: nobody will type any more.
            feed.Close();
        }
    }

    /// <summary>What a VT100 sends for a key.</summary>
    private static byte[] Bytes(ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.UpArrow => "\e[A"u8.ToArray(),
        ConsoleKey.DownArrow => "\e[B"u8.ToArray(),
        ConsoleKey.RightArrow => "\e[C"u8.ToArray(),
        ConsoleKey.LeftArrow => "\e[D"u8.ToArray(),
        ConsoleKey.Home => "\e[H"u8.ToArray(),
        ConsoleKey.End => "\e[F"u8.ToArray(),
        ConsoleKey.Delete => "\e[3~"u8.ToArray(),
        ConsoleKey.PageUp => "\e[5~"u8.ToArray(),
        ConsoleKey.PageDown => "\e[6~"u8.ToArray(),
        ConsoleKey.Enter => "\r"u8.ToArray(),
        ConsoleKey.Backspace => [0x7F],
        >= ConsoleKey.F1 and <= ConsoleKey.F4 => [0x1B, (byte)'O', (byte)('P' + (key.Key - ConsoleKey.F1))],
        _ => key.KeyChar == '\0' ? [] : Encoding.UTF8.GetBytes([key.KeyChar]),
    };
}
