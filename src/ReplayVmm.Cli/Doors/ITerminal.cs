using ReplayVmm.Replay;

namespace ReplayVmm.Cli;

/// <summary>The terminal that the program was started from, if any.</summary>
public interface ITerminal
{
    /// <summary>True where a person can type.</summary>
    bool HasInput { get; }

    /// <summary>True where standard output is seen by a person.</summary>
    bool HasOutput { get; }

    /// <summary>True where standard error is seen by a person.</summary>
    bool HasError { get; }

    /// <summary>Columns of the terminal; 80 where there is none.</summary>
    int Width { get; }

    /// <summary>Reads one line; null at the end of input.</summary>
    string? ReadLine();

    /// <summary>Begins to hand what is typed to <paramref name="feed"/>, key by key and without echo.</summary>
    void Feed(TerminalFeed feed);
}
