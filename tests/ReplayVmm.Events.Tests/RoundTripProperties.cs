using FsCheck;
using FsCheck.Fluent;

namespace ReplayVmm.Events.Tests;

/// <summary>Whatever the operands, what is written is read back, and how it was cut does not matter.</summary>
public class RoundTripProperties
{
    private static readonly EventKindSchema[] Kinds = [.. EventSchema.All];

    [Fact]
    public void Any_events_are_read_back_exactly() => Check(Prop.ForAll(Streams(), stream =>
    {
        List<string> actual = Samples.Events(Samples.Rows(stream.Buffer));
        for (int i = 0; i < stream.Buffer.Count; i++)
            actual[i].ShouldBe(Samples.Describe(stream.Buffer.Events[i], stream.Buffer.Arena));
        actual.Count.ShouldBe(stream.Buffer.Count);
    }));

    [Fact]
    public void The_content_hash_does_not_depend_on_how_events_were_cut() => Check(Prop.ForAll(Streams(), stream =>
    {
        byte[] whole = new byte[32];
        byte[] cut = new byte[32];
        using var writer = new SegmentWriter();
        using var other = new SegmentWriter();
        var rows = new List<LogRow>();
        writer.Append(stream.Buffer.Events, stream.Buffer.Arena, rows);
        for (int i = 0; i < stream.Buffer.Count; i++)
        {
            other.Append(stream.Buffer.Events.Slice(i, 1), stream.Buffer.Arena, rows);
            if (i % stream.Cut == 0)
                other.Flush(rows);
        }

        writer.CopyContentHash(whole);
        other.CopyContentHash(cut);
        cut.ShouldBe(whole);
    }));

    [Fact]
    public void Any_events_end_in_the_same_rows_each_time() => Check(Prop.ForAll(Streams(), stream =>
        Samples.Rows(stream.Buffer).Select(row => Convert.ToHexString(row.Binary.Span))
            .ShouldBe(Samples.Rows(stream.Buffer).Select(row => Convert.ToHexString(row.Binary.Span)))));

    [Fact]
    public void Any_column_is_read_back_exactly() => Check(Prop.ForAll(ArbMap.Default.ArbFor<ulong[]>(), values =>
    {
        var random = new System.Random(values.Length);
        ulong[] few = values.Length == 0
            ? [5]
            : [.. Enumerable.Range(0, 500).Select(_ => values[random.Next(values.Length)] << random.Next(60))];
        ulong[] climbing = [.. Enumerable.Range(0, 500).Select(i => values.Length == 0 ? 0 : values[0] + (ulong)(i * values.Length))];
        foreach (ulong[] column in (ulong[][])[few, climbing, values.Length == 0 ? [0] : values])
        {
            byte[] bytes = new byte[column.Length * 9 + 16];
            var codec = new ColumnCodec();
            var writer = new MessagePackWriter(bytes);
            codec.Write(ref writer, column);
            var reader = new MessagePackReader(bytes.AsSpan(0, writer.Length), "row", 1);
            ulong[] back = new ulong[column.Length];
            codec.Read(ref reader, back);
            reader.End();
            back.ShouldBe(column);
        }
    }));

    private static Arbitrary<Stream> Streams()
    {
        Gen<ulong> operand = Gen.OneOf(
            Gen.Choose(0, 300).Select(value => (ulong)value),
            ArbMap.Default.GeneratorFor<ulong>(),
            Gen.Elements(0UL, 0x7FUL, 0x80UL, 0xFFUL, 0x100UL, 0xFFFFUL, 0x1_0000UL, 0xFFFF_FFFFUL, 1UL << 32, 1UL << 63, ulong.MaxValue));
        Gen<(EventKindSchema Kind, ulong[] Operands, byte[] Payload)> step =
            from kind in Gen.Elements(Kinds)
            from operands in operand.ArrayOf(7)
            from payload in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
            select (kind, operands, payload);
        return (from steps in step.ListOf()
                from cut in Gen.Choose(1, 20)
                select new Stream(Fill(steps), cut)).ToArbitrary();
    }

    private static EventBuffer Fill(IEnumerable<(EventKindSchema Kind, ulong[] Operands, byte[] Payload)> steps)
    {
        var buffer = new EventBuffer();
        foreach ((EventKindSchema kind, ulong[] o, byte[] payload) in steps)
        {
            bool large = kind.Payload != PayloadFormat.None;
            var e = new Event
            {
                Kind = kind.Kind,
                VirtualTime = o[5],
                Vm = (byte)o[6],
                Vcpu = (byte)(o[6] >> 8),
                A = o[0],
                B = o[1],
                C = o[2],
                D = o[3],
                E = large ? 0 : o[4],
            };
            // A payload of 32 bytes at a session's end is completed by the writer; that has a test of its own.
            buffer.Add(e, !large || (kind.Kind == EventKind.SessionEnded && payload.Length == 32) ? default : payload);
        }

        return buffer;
    }

    private static void Check(Property property) =>
        property.Check(Config.QuickThrowOnFailure.WithReplay(0x5EED, 0x1CE5UL | 1).WithMaxTest(300));

    internal sealed record Stream(EventBuffer Buffer, int Cut);
}
