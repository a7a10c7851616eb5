using System.Globalization;
using System.Text;

namespace ReplayVmm.Events;

/// <summary>
/// The header of a row: what can be known without decoding its events. It stands in the row's binary, where the chain of hashes
/// covers it, and a copy for SQL in <see cref="LogRow.HeaderJson"/>.
/// </summary>
/// <remarks>One object is filled again for each row, so that reading a log allocates nothing per row for headers.</remarks>
public sealed class RowHeader
{
    /// <summary>Items of the header's MessagePack array.</summary>
    private const int Items = 12;

    private static readonly EventKindSchema[] KindsAsJsonSortsThem =
        [.. EventSchema.All.OrderBy(schema => schema.Name.Length).ThenBy(schema => schema.Name, StringComparer.Ordinal)];

    private readonly int[] kindCounts = new int[256];
    private readonly EventKind[] kinds = new EventKind[256];
    private readonly byte[] previousLink = new byte[ChainHash.Size];
    private int kindCount;

    /// <summary>Version of the row format.</summary>
    public int FormatVersion { get; internal set; }

    /// <summary>The row's place in the stream, 1 for the first: its <see cref="LogRow.Version"/>.</summary>
    public long Row { get; internal set; }

    /// <summary>The chain's link at the row before; 32 zero bytes in the first row.</summary>
    public ReadOnlySpan<byte> PreviousLink => previousLink;

    /// <summary>Position of the first event.</summary>
    public ulong FirstPosition { get; internal set; }

    /// <summary>Number of events, 1 to <see cref="SegmentLimits.MaxEvents"/>.</summary>
    public int Events { get; internal set; }

    /// <summary>How many of the events count positions: input, guest and operator events.</summary>
    public int Positions { get; internal set; }

    /// <summary>Virtual time of the first event, nanoseconds.</summary>
    public ulong FirstVirtualTime { get; internal set; }

    /// <summary>Virtual time of the last event, nanoseconds.</summary>
    public ulong LastVirtualTime { get; internal set; }

    /// <summary>Sum of the payloads' lengths.</summary>
    public int PayloadBytes { get; internal set; }

    /// <summary>How the body is compressed.</summary>
    public BodyCompression Compression { get; internal set; }

    /// <summary>Bytes of the body before compression.</summary>
    public int BodyBytes { get; internal set; }

    /// <summary>The position that the next row starts at.</summary>
    public ulong NextPosition => FirstPosition + (ulong)Positions;

    /// <summary>The kinds that occur, in order of their numbers.</summary>
    public ReadOnlySpan<EventKind> Kinds => kinds.AsSpan(0, kindCount);

    /// <summary>How many events of <paramref name="kind"/> the row has.</summary>
    public int CountOf(EventKind kind) => (uint)kind < (uint)kindCounts.Length ? kindCounts[(int)kind] : 0;

    /// <summary>Reads the header of <paramref name="row"/> without decoding its events.</summary>
    /// <exception cref="LogException">The row is damaged, or was written by a newer version.</exception>
    public static RowHeader Of(LogRow row)
    {
        var header = new RowHeader();
        header.Read(row, out _);
        return header;
    }

    /// <summary>The copy of this header for SQL: exactly the text to which PostgreSQL normalises a jsonb value.</summary>
    public string ToJson()
    {
        var text = new StringBuilder(512);
        text.Append(CultureInfo.InvariantCulture, $"{{\"Row\": {Row}, \"Kinds\": {{");
        string separator = "";
        foreach (EventKindSchema schema in KindsAsJsonSortsThem)
        {
            if (kindCounts[(int)schema.Kind] == 0)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{separator}\"{schema.Name}\": {kindCounts[(int)schema.Kind]}");
            separator = ", ";
        }

        text.Append(CultureInfo.InvariantCulture, $"}}, \"Events\": {Events}, \"BodyBytes\": {BodyBytes}, \"Positions\": {Positions}, ");
        text.Append(CultureInfo.InvariantCulture, $"\"Compression\": {(int)Compression}, \"PayloadBytes\": {PayloadBytes}, ");
        text.Append("\"PreviousLink\": \"").Append(Convert.ToHexStringLower(previousLink)).Append("\", ");
        text.Append(CultureInfo.InvariantCulture, $"\"FirstPosition\": {FirstPosition}, \"FormatVersion\": {FormatVersion}, ");
        text.Append(CultureInfo.InvariantCulture, $"\"LastVirtualTime\": {LastVirtualTime}, \"FirstVirtualTime\": {FirstVirtualTime}}}");
        return text.ToString();
    }

    internal void Clear()
    {
        System.Array.Clear(kindCounts);
        kindCount = 0;
    }

    internal void SetPreviousLink(ReadOnlySpan<byte> link) => link.CopyTo(previousLink);

    internal void AddKind(EventKind kind, int count)
    {
        kinds[kindCount++] = kind;
        kindCounts[(int)kind] = count;
    }

    internal void Write(ref MessagePackWriter writer)
    {
        writer.Array(Items);
        writer.UInt((ulong)FormatVersion);
        writer.UInt((ulong)Row);
        writer.Bin(previousLink);
        writer.UInt(FirstPosition);
        writer.UInt((ulong)Events);
        writer.UInt((ulong)Positions);
        writer.UInt(FirstVirtualTime);
        writer.UInt(LastVirtualTime);
        writer.Map(kindCount);
        foreach (EventKind kind in Kinds)
        {
            writer.UInt((ulong)kind);
            writer.UInt((ulong)kindCounts[(int)kind]);
        }

        writer.UInt((ulong)PayloadBytes);
        writer.UInt((ulong)Compression);
        writer.UInt((ulong)BodyBytes);
    }

    /// <summary>Reads the header, checks it against the rest of the row and hands back the body as it is stored.</summary>
    internal void Read(LogRow row, out ReadOnlySpan<byte> body)
    {
        body = ReadBinary(row);
        string type = Kinds.Length == 1 && EventSchema.IsOwnRow(kinds[0]) ? EventSchema.Of(kinds[0]).Name : SegmentLimits.SegmentType;
        if (row.Type != type)
            throw Bad(row, $"the row's type is '{Shorten(row.Type)}' where its events say '{type}'");
        if (Row != row.Version)
            throw Bad(row, $"the header says that this is row {Row}");
    }

    /// <summary>Reads the header alone, whatever the rest of the row says; hands back the body as it is stored.</summary>
    internal ReadOnlySpan<byte> ReadBinary(LogRow row)
    {
        var reader = new MessagePackReader(row.Binary.Span, "row", row.Version);
        if (row.Binary.Length > SegmentLimits.MaxBinaryBytes)
            reader.Fail($"{row.Binary.Length} bytes are more than the {SegmentLimits.MaxBinaryBytes} that a row can have");
        reader.Array(2, "the row");
        int items = reader.Array("the header");
        ulong version = reader.UInt();
        if (version != SegmentLimits.FormatVersion)
        {
            reader.Fail(version > SegmentLimits.FormatVersion
                ? $"format {version} was written by a newer version; this one reads format {SegmentLimits.FormatVersion}"
                : $"format {version} is not a format of rows");
        }

        if (items != Items)
            reader.Fail($"the header has {items} items where {Items} belong");
        FormatVersion = (int)version;
        Row = (long)reader.UInt(long.MaxValue, "the row's number");
        reader.Bin(ChainHash.Size, "the previous link").CopyTo(previousLink);
        FirstPosition = reader.UInt(SegmentLimits.MaxPosition - SegmentLimits.MaxEvents, "the first position");
        Events = (int)reader.UInt(SegmentLimits.MaxEvents, "the number of events");
        Positions = (int)reader.UInt((ulong)Events, "the number of positions");
        FirstVirtualTime = reader.UInt();
        LastVirtualTime = reader.UInt();
        ReadKinds(ref reader);
        PayloadBytes = (int)reader.UInt(SegmentLimits.MaxPayloadBytes, "the size of the payloads");
        Compression = (BodyCompression)reader.UInt((ulong)BodyCompression.Brotli, "the compression");
        BodyBytes = (int)reader.UInt((ulong)(PayloadBytes + SegmentLimits.MaxColumnBytes), "the size of the body");
        ReadOnlySpan<byte> body = reader.Bin("the body");
        reader.End();
        return body;
    }

    private void ReadKinds(ref MessagePackReader reader)
    {
        Clear();
        int pairs = reader.Map("the counts per kind");
        int events = 0;
        int positions = 0;
        int last = 0;
        for (int i = 0; i < pairs; i++)
        {
            var kind = (EventKind)reader.UInt(ushort.MaxValue, "a kind");
            int count = (int)reader.UInt((ulong)Events, "a count");
            if (EventSchema.Find(kind) is null)
                reader.Fail($"event kind {(int)kind} is not known to this version");
            if (EventSchema.IsOwnRow(kind) && Events != 1)
                reader.Fail("an event that is a row of its own stands among others");
            if ((int)kind <= last || count == 0)
                reader.Fail("the counts per kind are not in order");
            last = (int)kind;
            events += count;
            positions += EventSchema.CountsPosition(kind) ? count : 0;
            AddKind(kind, count);
        }

        if (events != Events || events == 0 || positions != Positions)
            reader.Fail("the counts per kind do not add up to the number of events");
    }

    private static LogException Bad(LogRow row, string problem) => new(LogTrouble.BadRecording, $"row {row.Version}: {problem}");

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
