using System.IO.Compression;
using System.Text;
using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>What can be done to rows by somebody who knows the format: header, columns, compression and hashes.</summary>
internal static class HostileRows
{
    /// <summary>Does something to a row, or to their order.</summary>
    public static void Spoil(Dice dice, List<LogRow> rows)
    {
        int at = dice.Below(rows.Count);
        LogRow row = rows[at];
        switch (dice.Below(10))
        {
            case 0:
                rows[at] = rows[dice.Below(rows.Count)];
                break;
            case 1:
                rows[at] = row with { Version = (long)dice.Number() };
                break;
            case 2:
                rows[at] = row with
                {
                    Type = dice.Pick<string>(["segment", "session_started", "session_ended", "", "x", "Segment\n",
                    new string('a', 200)])
                };
                break;
            case 3:
                rows[at] = row with
                {
                    HeaderJson = dice.OnceIn(2) ? Encoding.UTF8.GetString(JsonNoise.Throw(dice))
                    : JsonNoise.Misspell(dice, row.HeaderJson)
                };
                break;
            case 4:
                rows[at] = row with { Binary = Packed.Throw(dice) };
                break;
            case 5:
                rows[at] = row with { Binary = Mutation.Spoil(dice, row.Binary.Span, 96) };
                break;
            default:
                rows[at] = Forge(dice, row);
                break;
        }
    }

    /// <summary>Puts the hash of the row before into each row, and its header's copy right, where the row is one.</summary>
    public static void Chain(List<LogRow> rows)
    {
        using var chain = new ChainHash();
        for (int n = 0; n < rows.Count; n++)
        {
            byte[] binary = rows[n].Binary.ToArray();
            try
            {
                RowHeader header = RowHeader.Of(rows[n]);
                int at = binary.AsSpan().IndexOf(header.PreviousLink);
                chain.Link.CopyTo(binary.AsSpan(at));
                rows[n] = rows[n] with { Binary = binary };
                rows[n] = rows[n] with { HeaderJson = RowHeader.Of(rows[n]).ToJson() };
            }
            catch (LogException)
            {
                // Not a row any more: nothing in it to put right.
            }

            chain.Append(binary);
        }
    }

    /// <summary>The row with another body or header: columns changed, a bomb, sizes that lie.</summary>
    private static LogRow Forge(Dice dice, LogRow row)
    {
        RowHeader header;
        byte[] body;
        try
        {
            header = RowHeader.Of(row);
            body = Body(row, header);
        }
        catch (LogException)
        {
            return row;
        }

        bool packs = dice.OnceIn(2), bomb = dice.OnceIn(16);
        if (bomb)
            body = new byte[dice.Pick<int>([1 << 20, 8 << 20])];
        else
            body = Mutation.Spoil(dice, body, 400);
        byte[] stored = packs || bomb ? Compress(body) : body;
        (int bodyBytes, int compression, int payloadBytes, int events) = (body.Length, packs || bomb ? 1 : 0, header.PayloadBytes,
            header.Events);
        switch (dice.Below(12))
        {
            case 0:
                bodyBytes = (int)(dice.Number() & 0x7FFFFFFF);
                break;
            case 1:
                compression ^= 1;
                break;
            case 2:
                payloadBytes = (int)(dice.Number() & 0x7FFFFFFF);
                break;
            case 3:
                events = dice.Below(5000);
                break;
        }

        byte[] buffer = new byte[stored.Length + 8192];
        var writer = new MessagePackWriter(buffer);
        writer.Array(2);
        writer.Array(12);
        writer.UInt(dice.OnceIn(32) ? dice.Number() : 1);
        writer.UInt(dice.OnceIn(16) ? dice.Number() : (ulong)header.Row);
        writer.Bin(header.PreviousLink);
        writer.UInt(dice.OnceIn(8) ? dice.Number() : header.FirstPosition);
        writer.UInt((ulong)events);
        writer.UInt(dice.OnceIn(16) ? dice.Number() : (ulong)header.Positions);
        writer.UInt(dice.OnceIn(16) ? dice.Number() : header.FirstVirtualTime);
        writer.UInt(dice.OnceIn(16) ? dice.Number() : header.LastVirtualTime);
        writer.Map(header.Kinds.Length);
        foreach (EventKind kind in header.Kinds)
        {
            writer.UInt(dice.OnceIn(32) ? dice.Number() : (ulong)kind);
            writer.UInt(dice.OnceIn(32) ? dice.Number() : (ulong)header.CountOf(kind));
        }

        writer.UInt((ulong)payloadBytes);
        writer.UInt((ulong)compression);
        writer.UInt((ulong)bodyBytes);
        writer.Bin(stored);
        return row with { Binary = buffer.AsMemory(0, writer.Length) };
    }

    private static byte[] Body(LogRow row, RowHeader header)
    {
        ReadOnlySpan<byte> stored = new RowHeader().ReadBinary(row);
        byte[] body = new byte[header.BodyBytes];
        if (header.Compression == BodyCompression.None)
            stored[..Math.Min(stored.Length, body.Length)].CopyTo(body);
        else
            BrotliDecoder.TryDecompress(stored, body, out _);
        return body;
    }

    private static byte[] Compress(byte[] body)
    {
        byte[] packed = new byte[BrotliEncoder.GetMaxCompressedLength(body.Length)];
        BrotliEncoder.TryCompress(body, packed, out int length, 1, 18);
        return packed[..length];
    }
}
