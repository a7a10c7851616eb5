using System.Runtime.InteropServices;
using System.Text;

namespace ReplayVmm.Cli;

/// <summary>
/// What a guest prints, on its way to standard output: byte for byte into a file or a pipe, filtered onto a person's terminal.
/// </summary>
internal sealed class ConsoleOutput : IDisposable
{
    private readonly Invocation invocation;
    private readonly TerminalFilter? filter;
    private readonly List<byte> shown = [];
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Begins.</summary>
    /// <param name="invocation">Where to print.</param>
    /// <param name="filtered">True to keep a terminal safe, where there is one.</param>
    public ConsoleOutput(Invocation invocation, bool filtered)
    {
        this.invocation = invocation;
        filter = filtered && invocation.Doors.Terminal.HasOutput ? new TerminalFilter() : null;
    }

    /// <summary>The guest printed <paramref name="bytes"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (filter is null)
        {
            Put(bytes);
            return;
        }

        filter.Write(bytes, shown);
        Put(CollectionsMarshal.AsSpan(shown));
        shown.Clear();
    }

    /// <summary>Brings everything to where it is seen.</summary>
    public void Flush() => invocation.Output.Flush();

    /// <inheritdoc/>
    public void Dispose() => Flush();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (invocation.Output is StreamWriter writer)
        {
            writer.Flush();
            writer.BaseStream.Write(bytes);
            return;
        }

        char[] characters = new char[bytes.Length + 1];
        int count = decoder.GetChars(bytes, characters, flush: false);
        invocation.Output.Write(characters, 0, count);
    }
}
