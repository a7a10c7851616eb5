using ReplayVmm.Devices;
using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>What the guest prints while it runs: the script and the end condition watch it, and a person sees it.</summary>
internal sealed class GuestConsole : IConsoleSink, IDisposable
{
    private readonly LiveInputSource watcher;
    private readonly ConsoleOutput? output;
    private readonly byte[] buffer;
    private int count;

    /// <summary>Begins.</summary>
    /// <param name="watcher">Watches for texts.</param>
    /// <param name="output">Shows it; null to show nothing.</param>
    /// <param name="atOnce">True where a person must see a prompt before the line is complete.</param>
    public GuestConsole(LiveInputSource watcher, ConsoleOutput? output, bool atOnce)
    {
        this.watcher = watcher;
        this.output = output;
        buffer = new byte[atOnce ? 1 : 4096];
    }

    /// <inheritdoc/>
    public void Write(byte value)
    {
        watcher.Write(value);
        if (output is null)
            return;
        buffer[count++] = value;
        if (count == buffer.Length)
            Flush();
    }

    /// <summary>Shows what is there.</summary>
    public void Flush()
    {
        if (count == 0)
            return;
        output!.Write(buffer.AsSpan(0, count));
        output.Flush();
        count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        output?.Dispose();
    }
}
