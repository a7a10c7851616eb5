namespace ReplayVmm.Benchmarks;

/// <summary>A part of the benchmark that can be run alone.</summary>
/// <param name="Name">What it is called on the command line and in the documentation.</param>
/// <param name="Title">What it measures.</param>
/// <param name="Run">Measures it.</param>
internal sealed record Part(string Name, string Title, Action<Bench, Section> Run)
{
    /// <summary>All parts, in the order in which they run.</summary>
    public static IReadOnlyList<Part> All { get; } =
    [
        new("machine", "what it was measured on", MachinePart.Run),
        new("interpreter", "the interpreter beside QEMU and Bochs", InterpreterPart.Run),
        new("exits", "where the time of an exit goes", ExitPart.Run),
        new("events", "events into PostgreSQL, by segment and by row", EventPart.Run),
        new("size", "bytes an event on disk", SizePart.Run),
        new("recording", "what recording costs a guest", RecordingPart.Run),
        new("replay", "fold, execute, verify", ReplayPart.Run),
        new("start", "how long a short command takes", StartPart.Run),
        new("micro", "the pieces", MicroPart.Run),
    ];
}
