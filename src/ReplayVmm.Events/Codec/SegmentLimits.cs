namespace ReplayVmm.Events;

/// <summary>What one row of the log may hold. A decoder refuses more before it allocates.</summary>
public static class SegmentLimits
{
    /// <summary>Version of the row format that this program writes.</summary>
    public const int FormatVersion = 1;

    /// <summary>Most events in a row.</summary>
    public const int MaxEvents = 4096;

    /// <summary>
    /// Bytes of payload at which a segment is cut. A single event with a larger payload gets a segment of its own.
    /// </summary>
    public const int PayloadCut = 1 << 20;

    /// <summary>Most bytes of payload in a row, and so of one event.</summary>
    public const int MaxPayloadBytes = 64 << 20;

    /// <summary>Largest position: positions fit PostgreSQL's bigint.</summary>
    public const ulong MaxPosition = long.MaxValue;

    /// <summary>The type of a row that is a segment; other rows are named after their one event's kind.</summary>
    public const string SegmentType = "segment";

    /// <summary>Most bytes of a row's columns before compression, its payloads not counted.</summary>
    internal const int MaxColumnBytes = MaxEvents * 10 * MessagePackWriter.LongestToken + 32768;

    /// <summary>Most bytes of a row's binary.</summary>
    public const int MaxBinaryBytes = MaxPayloadBytes + MaxColumnBytes + 32768;
}
