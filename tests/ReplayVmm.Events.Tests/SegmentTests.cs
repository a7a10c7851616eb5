namespace ReplayVmm.Events.Tests;

public class SegmentTests
{
    [Fact]
    public void What_a_session_wrote_is_read_back_exactly()
    {
        EventBuffer buffer = Samples.Session();
        List<LogRow> rows = Samples.Rows(buffer);

        var events = new List<Event>();
        using var reader = new SegmentReader();
        int index = 0;
        foreach (LogRow row in rows)
        {
            reader.Read(row);
            foreach (Event e in reader.Events)
            {
                Event expected = buffer.Events[index++];
                byte[] payload = e.Payload(reader.Arena).ToArray();
                if (e.Kind == EventKind.SessionEnded)
                    payload = payload[..SessionEnded.DigestSize];
                payload.ShouldBe(expected.Payload(buffer.Arena).ToArray());
                (e with { E = 0, PayloadLength = 0 }).ShouldBe(expected with
                {
                    E = 0,
                    PayloadLength = 0,
                });
                if (e.PayloadLength == 0)
                    e.E.ShouldBe(expected.E);
            }
        }

        index.ShouldBe(buffer.Count);
        reader.NextPosition.ShouldBe(buffer.NextPosition);
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
