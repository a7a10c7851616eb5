using System.Text;

namespace ReplayVmm.Events.Tests;

/// <summary>Pins the bytes of each kind of event; <c>Golden/README.md</c> says how a kind is added.</summary>
public class GoldenKindTests
{
    public static TheoryData<EventKind> Kinds => [.. EventSchema.All.Select(schema => schema.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_encoding_of_a_kind_is_what_it_always_was(EventKind kind)
    {
        EventBuffer buffer = Example(kind);

        LogRow row = Encode(buffer);

        string actual = Lines(row);
        string path = Golden.PathOf(EventSchema.Of(kind).Name + ".hex");
        string expected = File.Exists(path) ? File.ReadAllText(path) : "(no such file)";
        actual.ShouldBe(expected, $"the bytes of {kind} are now:\n{actual}\n");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_golden_bytes_of_a_kind_are_still_read(EventKind kind)
    {
        EventBuffer buffer = Example(kind);
        string[] lines = File.ReadAllLines(Golden.PathOf(EventSchema.Of(kind).Name + ".hex"));
        byte[] binary = Convert.FromHexString(string.Concat(lines.TakeWhile(line => !line.StartsWith('{'))));
        var decoder = new SegmentDecoder();

        decoder.Decode(new LogRow(7, EventSchema.IsOwnRow(kind) ? EventSchema.Of(kind).Name : "segment", binary, lines[^1]));

        decoder.Events.ToArray().ShouldBe(buffer.Events.ToArray());
        decoder.Arena.ToArray().ShouldBe(buffer.Arena.ToArray());
    }

    [Fact]
    public void Every_golden_file_belongs_to_a_kind()
    {
        IEnumerable<string> files = Directory.GetFiles(Golden.Folder, "*.hex").Select(file => Path.GetFileNameWithoutExtension(file));

        files.Where(name => EventSchema.Find(name) is null).ShouldBeEmpty();
    }

    /// <summary>One event whose operands all differ and need several widths.</summary>
    internal static EventBuffer Example(EventKind kind)
    {
        EventKindSchema schema = EventSchema.Of(kind);
        var buffer = new EventBuffer { NextPosition = 1000 };
        ulong[] values = [0x11, 0x2222, 0x3333_3333, 0x4444_4444_4444_4444, 0xFFFF_FFFF_FFFF_FFFE];
        ulong At(int index) => index < schema.Operands.Length ? values[index] : 0;
        byte[] payload = schema.Payload switch
        {
            PayloadFormat.None => [],
            PayloadFormat.Json => Encoding.UTF8.GetBytes("""{"Key":"value"}"""),
            PayloadFormat.Text => Encoding.UTF8.GetBytes("login: "),
            _ => [0xDE, 0xAD, 0xBE, 0xEF],
        };
        var e = new Event
        {
            VirtualTime = 123_456_789_012,
            Kind = kind,
            Vm = 1,
            Vcpu = 3,
            A = At(0),
            B = At(1),
            C = At(2),
            D = At(3),
            E = At(4),
        };
        buffer.Add(e, payload);
        return buffer;
    }

    internal static LogRow Encode(EventBuffer buffer)
    {
        byte[] link = [.. Enumerable.Range(0, ChainHash.Size).Select(i => (byte)i)];
        return new SegmentEncoder().Encode(buffer.Events, buffer.Arena, 7, link);
    }

    private static string Lines(LogRow row)
    {
        var text = new StringBuilder();
        foreach (byte[] line in row.Binary.ToArray().Chunk(32))
            text.Append(Convert.ToHexStringLower(line)).Append('\n');
        return text.Append(row.HeaderJson).Append('\n').ToString();
    }
}
