using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ReplayVmm.Events.Tests;

public class HashTests
{
    [Fact]
    public void The_chain_is_SHA256_over_the_link_before_and_the_row()
    {
        List<LogRow> rows = Samples.Rows(Samples.Session());
        byte[] link = new byte[32];
        using var chain = new ChainHash();

        foreach (LogRow row in rows)
        {
            RowHeader.Of(row).PreviousLink.ToArray().ShouldBe(link);
            link = SHA256.HashData([.. link, .. row.Binary.Span]);
            chain.Append(row.Binary.Span);
            chain.Link.ToArray().ShouldBe(link);
        }
    }

    [Fact]
    public void The_content_hash_is_SHA256_over_the_canonical_form()
    {
        EventBuffer buffer = Samples.Session();
        using var content = new ContentHash();
        content.Append(buffer.Events, buffer.Arena);
        byte[] actual = new byte[32];
        content.CopyTo(actual);

        var canonical = new MemoryStream();
        byte[] envelope = new byte[64];
        foreach (Event e in buffer.Events)
        {
            if (e.Kind is EventKind.CheckpointTaken or EventKind.SessionEnded)
                continue;
            BinaryPrimitives.WriteUInt16LittleEndian(envelope, (ushort)e.Kind);
            envelope[2] = e.Vm;
            envelope[3] = e.Vcpu;
            BinaryPrimitives.WriteInt32LittleEndian(envelope.AsSpan(4), e.PayloadLength);
            ulong[] words = [e.Position, e.VirtualTime, e.A, e.B, e.C, e.D, e.PayloadLength > 0 ? 0 : e.E];
            for (int i = 0; i < words.Length; i++)
                BinaryPrimitives.WriteUInt64LittleEndian(envelope.AsSpan(8 + i * 8), words[i]);
            canonical.Write(envelope);
            canonical.Write(e.Payload(buffer.Arena));
        }

        actual.ShouldBe(SHA256.HashData(canonical.ToArray()));
    }

    [Fact]
    public void A_checkpoint_does_not_change_the_content_nor_the_positions()
    {
        var with = new EventBuffer();
        var without = new EventBuffer();
        new EventWriter(with, 1, 0, 0).Write(EventKind.PortRead, 1);
        new EventWriter(with, 2, 0, 0).Write(EventKind.CheckpointTaken, new byte[32], 1);
        new EventWriter(with, 3, 0, 0).Write(EventKind.PortRead, 2);
        new EventWriter(without, 1, 0, 0).Write(EventKind.PortRead, 1);
        new EventWriter(without, 3, 0, 0).Write(EventKind.PortRead, 2);

        Content(with).ShouldBe(Content(without));
        with.NextPosition.ShouldBe(2UL);
    }

    private static byte[] Content(EventBuffer buffer)
    {
        using var content = new ContentHash();
        content.Append(buffer.Events, buffer.Arena);
        byte[] hash = new byte[32];
        content.CopyTo(hash);
        return hash;
    }
}
