using ReplayVmm.Events;

namespace ReplayVmm.EndToEnd.Tests;

/// <content>Rows that another history wrote: well formed, hashed and sealed, but not signed.</content>
internal sealed partial class Tamperings
{
    private ExpectedVerdict ForgeRow()
    {
        (List<LogRow> forged, long row, _) = Forged();
        Replace(forged[(int)row - 1]);
        database.Reseal(row);
        return new ExpectedVerdict($"row {row}", row);
    }

    private ExpectedVerdict ForgeTail()
    {
        (List<LogRow> forged, long row, _) = Forged();
        ReplaceFrom(row, forged);
        // Who makes all hashes anew leaves only the signed heads to compare with.
        return new ExpectedVerdict($"from row {row}", database.Signed.First(signed => signed >= row));
    }

    private ExpectedVerdict ForgeAndSign()
    {
        (List<LogRow> forged, long row, byte[] head) = Forged();
        ReplaceFrom(row, forged);
        string path = database.Bench.Path_($"forger-{random.NextInt64()}.pem");
        HeadSigner.CreateKey(path);
        using HeadSigner forger = HeadSigner.Load(path);
        HeadSignature signature = forger.Sign(database.Rows, head);
        database.Do("delete from rv_signatures where session = $1");
        database.Do(
            "insert into rv_signatures (session, version, head, signature, public_key) values ($1, $2, $3, $4, $5)",
            signature.Version, signature.Head, signature.Signature, signature.PublicKey);
        return new ExpectedVerdict($"from row {row}", 1, Pinned: true);
    }

    private void ReplaceFrom(long row, List<LogRow> forged)
    {
        foreach (LogRow one in forged.Skip((int)row - 1))
            Replace(one);
        database.ResealAll();
        AdjustIndex();
    }

    private void Replace(LogRow row) => database.Do(
        $"update mt_events set bdata = $3, data = $4::jsonb {This}", row.Version, row.Binary.ToArray(), row.HeaderJson);

    /// <summary>The whole recording written again, with one port read of a row answered otherwise; the rows before are the same.</summary>
    private (List<LogRow> Rows, long Row, byte[] Head) Forged()
    {
        long[] candidates = [.. database.Original.Where(row => RowHeader.Of(row).CountOf(EventKind.PortRead) > 0).Select(row => row.Version)];
        long chosen = candidates[random.Next(candidates.Length)];
        var rows = new List<LogRow>();
        using var writer = new SegmentWriter();
        var decoder = new SegmentDecoder();
        foreach (LogRow row in database.Original)
        {
            decoder.Decode(row);
            Event[] events = decoder.Events.ToArray();
            if (row.Version == chosen)
            {
                int read = Array.FindIndex(events, e => e.Kind == EventKind.PortRead);
                events[read] = events[read] with { C = events[read].C ^ 1 };
            }

            // Only the final digest: the writer adds the content hash anew.
            if (events[^1].Kind == EventKind.SessionEnded)
                events[^1] = events[^1] with { PayloadLength = SessionEnded.DigestSize };
            writer.Append(events, decoder.Arena, rows);
            writer.Flush(rows);
        }

        return (rows, chosen, writer.Head.ToArray());
    }
}
