using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// Logs that are well formed and make no sense: an attacker who can write a database can compute every hash. Events of golden recordings
/// are dropped, doubled, exchanged, moved in
/// time, given other kinds, operands and payloads, and put into rows as a recorder would.
/// </summary>
internal static class EventNoise
{
    private const int MostEvents = 3000;
    private static readonly EventKind[] Kinds = [.. EventSchema.All.Select(schema => schema.Kind)];

    /// <summary>One event with its payload.</summary>
    public readonly record struct Entry(Event Envelope, byte[] Payload);

    /// <summary>The first events of each golden recording.</summary>
    public static IReadOnlyList<Entry[]> Golden { get; } = [.. GoldenFiles.All.Select(file => Read(GoldenFiles.Read(file).Rows))];

    /// <summary>Throws the rows of a log.</summary>
    public static List<LogRow> Throw(Dice dice)
    {
        List<Entry> entries = [.. Golden[dice.Below(Golden.Count)]];
        for (int n = dice.Below(5); n > 0 && entries.Count > 1; n--)
            Change(dice, entries);
        return Rows(dice, entries);
    }

    /// <summary>The events as a recorder stores them; flushed at random places.</summary>
    public static List<LogRow> Rows(Dice dice, List<Entry> entries)
    {
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        var buffer = new EventBuffer();
        foreach (Entry entry in entries)
        {
            buffer.Clear();
            buffer.Add(entry.Envelope with
            {
                PayloadLength = 0,
                E = EventSchema.Of(entry.Envelope.Kind).Payload == PayloadFormat.None
                ? entry.Envelope.E : 0
            }, entry.Payload);
            writer.Append(buffer.Events, buffer.Arena, rows);
            if (dice.OnceIn(200))
                writer.Flush(rows);
        }

        writer.Flush(rows);
        return rows;
    }

    private static void Change(Dice dice, List<Entry> entries)
    {
        int at = dice.OnceIn(2) ? dice.Below(Math.Min(40, entries.Count)) : dice.Below(entries.Count);
        Entry entry = entries[at];
        switch (dice.Below(9))
        {
            case 0:
                entries.RemoveAt(at);
                break;
            case 1:
                entries.Insert(at, entries[dice.Below(entries.Count)]);
                break;
            case 2:
                entries.RemoveRange(at, entries.Count - at);
                break;
            case 3:
                entries[at] = entry with
                {
                    Envelope = entry.Envelope with
                    {
                        VirtualTime = dice.OnceIn(2) ? dice.Number()
                    : entry.Envelope.VirtualTime + (ulong)dice.Below(1000)
                    }
                };
                break;
            case 4:
                EventKind kind = dice.Pick<EventKind>(Kinds);
                bool carries = EventSchema.Of(kind).Payload != PayloadFormat.None;
                entries[at] = new Entry(entry.Envelope with { Kind = kind }, carries ? Payload(dice, entry.Payload) : []);
                break;
            case 5:
                entries[at] = entry with { Envelope = entry.Envelope with { Vm = (byte)dice.Next(), Vcpu = (byte)dice.Number() } };
                break;
            case 6 when EventSchema.Of(entry.Envelope.Kind).Payload != PayloadFormat.None:
                entries[at] = entry with { Payload = Payload(dice, entry.Payload) };
                break;
            default:
                ulong value = dice.Number();
                Event e = entry.Envelope;
                e = dice.Below(4) switch
                {
                    0 => e with { A = value },
                    1 => e with { B = value },
                    2 => e with { C = value },
                    _ => e with { D = value }
                };
                entries[at] = entry with { Envelope = e };
                break;
        }

        if (entries.Count == 0)
            entries.Add(entry);
    }

    private static byte[] Payload(Dice dice, byte[] payload) => dice.Below(6) switch
    {
        0 => [],
        1 => new byte[dice.Below(100_000)],
        2 => JsonNoise.Throw(dice),
        3 when payload.Length > 0 && payload[0] == '{' => ManifestNoise.Throw(dice, payload),
        _ => Mutation.Spoil(dice, payload, 64),
    };

    private static Entry[] Read(List<LogRow> rows)
    {
        var entries = new List<Entry>();
        using var reader = new SegmentReader();
        foreach (LogRow row in rows)
        {
            reader.Read(row);
            foreach (ref readonly Event e in reader.Events)
            {
                if (entries.Count < MostEvents)
                    entries.Add(new Entry(e, e.Payload(reader.Arena).ToArray()));
            }
        }

        return [.. entries];
    }
}
