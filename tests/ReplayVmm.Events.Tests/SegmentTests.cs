namespace ReplayVmm.Events.Tests;

public class SegmentTests
{
    [Fact]
    public void What_a_session_wrote_is_read_back_exactly()
    {
        EventBuffer buffer = Samples.Session();
        List<LogRow> rows = Samples.Rows(buffer);

        List<string> actual = Samples.Events(rows);

        actual.Count.ShouldBe(buffer.Count);
        for (int i = 0; i < actual.Count - 1; i++)
            actual[i].ShouldBe(Samples.Describe(buffer.Events[i], buffer.Arena));
    }

    [Fact]
    public void The_end_of_a_session_gets_the_content_hash_of_all_before_it()
    {
        EventBuffer buffer = Samples.Session();
        List<LogRow> rows = Samples.Rows(buffer);
        using var content = new ContentHash();
        content.Append(buffer.Events[..^1], buffer.Arena);
        byte[] expected = new byte[ContentHash.Size];
        content.CopyTo(expected);
        var decoder = new SegmentDecoder();

        decoder.Decode(rows[^1]);

        ReadOnlySpan<byte> payload = decoder.Events[0].Payload(decoder.Arena);
        SessionEnded.FinalDigest(payload).ToArray().ShouldBe(new byte[32]);
        SessionEnded.Content(payload).ToArray().ShouldBe(expected);
    }

    [Fact]
    public void A_segment_holds_4096_events_and_no_more()
    {
        EventBuffer buffer = Samples.PortLoop(10_000);

        List<LogRow> rows = Samples.Rows(buffer);

        rows.Select(row => RowHeader.Of(row).Events).ShouldBe([4096, 4096, 1808]);
        rows.Select(row => RowHeader.Of(row).FirstPosition).ShouldBe([0UL, 4096UL, 8192UL]);
        Should.Throw<ArgumentException>(() => new SegmentEncoder().Encode(buffer.Events, default, 1, new byte[32]));
    }

    [Fact]
    public void Payloads_cut_a_segment_at_a_mebibyte_and_a_larger_one_stands_alone()
    {
        var buffer = new EventBuffer();
        var writer = new EventWriter(buffer, 1, 0, 0);
        foreach (int size in (int[])[600_000, 400_000, 100_000, 5_000_000, 1])
            writer.Write(EventKind.GuestMemoryWritten, new byte[size], 0, (ulong)size);

        List<LogRow> rows = Samples.Rows(buffer);

        rows.Select(row => RowHeader.Of(row).PayloadBytes).ShouldBe([1_000_000, 100_000, 5_000_000, 1]);
        Samples.Events(rows).Count.ShouldBe(5);
        SegmentEncoder.CountForRow(buffer.Events).ShouldBe(2);
    }

    [Fact]
    public void A_payload_above_the_limit_and_events_that_do_not_follow_are_refused()
    {
        var encoder = new SegmentEncoder();
        var buffer = new EventBuffer();
        new EventWriter(buffer, 1, 0, 0).Write(EventKind.GuestMemoryWritten, new byte[SegmentLimits.MaxPayloadBytes + 1]);
        Event port = new() { Kind = EventKind.PortRead };
        Event payload = new() { Kind = EventKind.PortRead, PayloadLength = 1 };

        Should.Throw<ArgumentException>(() => encoder.Encode(buffer.Events, buffer.Arena, 1, new byte[32]));
        Should.Throw<ArgumentException>(() => encoder.Encode([port, port], default, 1, new byte[32]));
        Should.Throw<ArgumentException>(() => encoder.Encode([port with { Kind = (EventKind)31 }], default, 1, new byte[32]));
        Should.Throw<ArgumentException>(() => encoder.Encode([payload], [1], 1, new byte[32]));
        Should.Throw<ArgumentException>(() => encoder.Encode([new() { Kind = EventKind.ConsoleInput, E = 1 }], default, 1, new byte[32]));
        Should.Throw<ArgumentException>(() => encoder.Encode([port], default, 1, new byte[31]));
        Should.Throw<ArgumentException>(() => encoder.Encode([], default, 1, new byte[32]));
    }

    [Fact]
    public void A_kind_that_is_a_row_of_its_own_does_not_fit_a_segment()
    {
        Event[] events = [new() { Kind = EventKind.CheckpointTaken }, new() { Kind = EventKind.PortRead }];

        Should.Throw<ArgumentException>(() => new SegmentEncoder().Encode(events, default, 1, new byte[32]));
        SegmentEncoder.CountForRow(events).ShouldBe(1);
    }

    [Fact]
    public void A_port_loop_takes_less_than_a_tenth_of_a_byte_per_event()
    {
        List<LogRow> rows = Samples.Rows(Samples.PortLoop(40_960));

        rows.Sum(row => row.Binary.Length).ShouldBeLessThan(4096);
    }

    [Fact]
    public void A_reader_notices_a_row_that_is_missing_or_from_elsewhere()
    {
        List<LogRow> rows = Samples.Rows(Samples.Session(1));
        List<LogRow> others = Samples.Rows(Samples.Session(2));

        Should.Throw<LogException>(() => Samples.Events([rows[0], rows[2]])).Message.ShouldStartWith("row 3 follows row 1");
        Should.Throw<LogException>(() => Samples.Events([.. rows[..^1], others[^1]]))
            .Message.ShouldContain("does not carry the hash of the row before it");
    }

    [Fact]
    public void A_session_event_is_a_row_of_its_own_named_after_its_kind()
    {
        List<LogRow> rows = Samples.Rows(Samples.Session());

        rows[0].Type.ShouldBe("session_started");
        rows[1].Type.ShouldBe("segment");
        rows.Select(row => row.Type).ShouldContain(type => type == "checkpoint_taken");
        rows[^1].Type.ShouldBe("session_ended");
        rows.Select(row => row.Version).ShouldBe(Enumerable.Range(1, rows.Count).Select(i => (long)i));
    }

    [Fact]
    public void An_event_and_a_decoder_s_slot_have_the_same_layout()
    {
        Event[] events =
        [
            new()
            {
                Position = 1, VirtualTime = 2, Kind = EventKind.PortRead, Vm = 3, Vcpu = 4, PayloadLength = 5, A = 6, B = 7, C = 8, D = 9, E = 10,
            },
        ];

        EventSlot slot = EventSlot.Of(events.AsSpan())[0];

        System.Runtime.CompilerServices.Unsafe.SizeOf<Event>().ShouldBe(64);
        (slot.Position, slot.VirtualTime, slot.Kind, slot.Vm, slot.Vcpu, slot.PayloadLength)
            .ShouldBe((1UL, 2UL, EventKind.PortRead, (byte)3, (byte)4, 5));
        (slot.Operands[0], slot.Operands[1], slot.Operands[2], slot.Operands[3], slot.Operands[4]).ShouldBe((6UL, 7UL, 8UL, 9UL, 10UL));
    }
}
