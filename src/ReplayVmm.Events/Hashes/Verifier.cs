using System.Text.Json;

namespace ReplayVmm.Events;

/// <summary>
/// Checks a session's rows one after the other: every link of the chain, versions, headers and their SQL copies, every event,
/// positions, the content hash, signatures. It stops at the first bad row and says what happened to it.
/// </summary>
/// <remarks>
/// A changed row that still decodes shows only in the row after it, whose header carries the link. Which of the two was changed is
/// settled by the row after that, so a verdict may wait for one more row. Memory is bounded. Not for several threads at once.
/// </remarks>
public sealed class Verifier : IDisposable
{
    private readonly SegmentDecoder decoder = new();
    private readonly RowHeader header = new();
    private readonly ChainHash chain = new();
    private readonly ContentHash content = new();
    private readonly SignatureCheck signatures;
    private readonly byte[] suspectLink = new byte[ChainHash.Size];
    private readonly byte[] repairedLink = new byte[ChainHash.Size];
    private readonly byte[] contentNow = new byte[ContentHash.Size];
    private VerificationFault? fault;
    private Func<LogRow?, VerificationFault>? undecided;
    private ulong nextPosition;
    private long rows;
    private long events;
    private bool ended;

    /// <summary>Prepares a verification.</summary>
    /// <param name="signatures">The signatures over the session's heads, in any order.</param>
    /// <param name="pinnedKey">The signer who must have signed, SubjectPublicKeyInfo in DER; null where anyone may.</param>
    public Verifier(IReadOnlyList<HeadSignature> signatures, byte[]? pinnedKey = null) =>
        this.signatures = new SignatureCheck(signatures, pinnedKey);

    /// <summary>Verifies a whole session.</summary>
    /// <param name="rows">Its rows in order, from a log or a recording file.</param>
    /// <param name="signatures">Its signatures.</param>
    /// <param name="pinnedKey">The signer who must have signed; null where anyone may.</param>
    /// <param name="lastVersion">The version that the log's index says is the last; 0 where nothing says so.</param>
    public static VerificationReport Verify(
        IEnumerable<LogRow> rows, IReadOnlyList<HeadSignature> signatures, byte[]? pinnedKey = null, long lastVersion = 0)
    {
        using var verifier = new Verifier(signatures, pinnedKey);
        foreach (LogRow row in rows)
        {
            if (!verifier.Add(row))
                break;
        }

        return verifier.Finish(lastVersion);
    }

    /// <summary>Checks the next row.</summary>
    /// <returns>False once a fault is certain: no more rows are needed.</returns>
    public bool Add(LogRow row)
    {
        if (fault is null && undecided is not null)
            fault = undecided(row);
        else if (fault is null)
            Check(row);
        return fault is null;
    }

    /// <summary>Ends the verification and reports.</summary>
    /// <param name="lastVersion">The version that the log's index says is the last; 0 where nothing says so.</param>
    public VerificationReport Finish(long lastVersion = 0)
    {
        if (fault is null && undecided is not null)
            fault = undecided(null);
        if (fault is null && rows == 0)
            fault = new VerificationFault(1, RowFault.Truncated, "the log is empty");
        if (fault is null && lastVersion > rows)
            fault = new VerificationFault(rows + 1, RowFault.Truncated, $"the log ends at row {rows}, but its index says {lastVersion}");
        fault ??= signatures.AtEnd(rows, ended);
        content.CopyTo(contentNow);
        return new VerificationReport(
            rows, events, nextPosition, ended, signatures.SignedThrough, chain.Link.ToArray(), [.. contentNow], fault);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        chain.Dispose();
        content.Dispose();
    }

    private void Check(LogRow row)
    {
        long expected = rows + 1;
        try
        {
            if (row.Version != expected)
            {
                CheckPlace(expected, row.Version, row);
                return;
            }

            if (row.Damage is not null && row.Binary.IsEmpty)
                throw new LogException(LogTrouble.BadRecording, row.Damage);
            header.ReadBinary(row);
            if (!header.PreviousLink.SequenceEqual(chain.Link))
            {
                CheckLink(expected, row);
                return;
            }

            decoder.Decode(row);
            CheckCopy(row);
            CheckDamage(row);
            CheckEvents(expected);
            if (fault is not null)
                return;
        }
        catch (LogException e)
        {
            fault = new VerificationFault(expected, RowFault.Changed, e.Message);
            return;
        }

        chain.Append(row.Binary.Span);
        rows = expected;
        events += decoder.Header.Events;
        nextPosition = decoder.Header.NextPosition;
        fault = signatures.AtRow(expected, chain.Link);
    }

    /// <summary>A row with number <paramref name="found"/> stands where <paramref name="expected"/> belongs.</summary>
    private void CheckPlace(long expected, long found, LogRow row)
    {
        if (found < expected)
        {
            fault = new VerificationFault(expected, RowFault.Duplicated, $"row {found} stands again where row {expected} belongs");
            return;
        }

        undecided = next => next is not null && (next.Version == expected || (row.Version == expected && Misplaced(next, expected, found)))
            ? new VerificationFault(expected, RowFault.Reordered, $"row {found} stands where row {expected} belongs")
            : new VerificationFault(expected, RowFault.Dropped, $"row {found} follows row {expected - 1}");
    }

    /// <summary>True unless the rows go on from the one found, as they do where rows were dropped and the rest renumbered.</summary>
    private bool Misplaced(LogRow next, long expected, long found)
    {
        try
        {
            header.ReadBinary(next);
            return header.Row != found + 1 || next.Version != expected + 1;
        }
        catch (LogException)
        {
            return false;
        }
    }

    /// <summary>The row does not carry the link of the one before: the row is elsewhere, or one of the two was changed.</summary>
    private void CheckLink(long expected, LogRow row)
    {
        if (header.Row != expected)
        {
            CheckPlace(expected, header.Row, row);
            return;
        }

        if (expected == 1)
        {
            fault = new VerificationFault(1, RowFault.Changed, "row 1 does not begin a chain: its previous link is not zero");
            return;
        }

        try
        {
            decoder.Decode(row);
            CheckDamage(row);
        }
        catch (LogException e)
        {
            fault = new VerificationFault(expected, RowFault.Changed, e.Message);
            return;
        }

        using var suspect = new ChainHash();
        suspect.Reset(header.PreviousLink);
        suspect.Append(row.Binary.Span);
        suspect.Link.CopyTo(suspectLink);
        suspect.Reset(chain.Link);
        suspect.Append(WithLink(row, header.PreviousLink, chain.Link));
        suspect.Link.CopyTo(repairedLink);
        bool contentAgrees = ContentAgrees();
        undecided = next => Blame(expected, next, contentAgrees);
    }

    /// <summary>
    /// Either the row before was changed, or in this row the link, or this row was replaced as a whole. What vouches for one of them: a
    /// signature, the next row's link, or the content hash at the end of the session.
    /// </summary>
    private VerificationFault Blame(long row, LogRow? next, bool contentAgrees)
    {
        bool rowIsGood = signatures.Knows(row, suspectLink) || Carries(next, suspectLink);
        bool previousIsGood = signatures.Knows(row - 1, chain.Link) || signatures.Knows(row, repairedLink) || Carries(next, repairedLink);
        // Had the row before been changed and nothing else, what follows would vouch for this row: where it does not, the row was replaced.
        bool replaced = !rowIsGood && (next is not null || signatures.Covers(row));
        if (previousIsGood || replaced || (contentAgrees && !rowIsGood))
            return new VerificationFault(row, RowFault.Changed, $"row {row} does not carry the hash of row {row - 1}");
        string doubt = rowIsGood ? "" : ", or that hash was changed";
        return new VerificationFault(row - 1, RowFault.Changed, $"row {row - 1} does not have the hash that row {row} carries{doubt}");
    }

    /// <summary>The row's binary with the link that it carries replaced.</summary>
    private static byte[] WithLink(LogRow row, ReadOnlySpan<byte> carried, ReadOnlySpan<byte> link)
    {
        byte[] binary = row.Binary.ToArray();
        link.CopyTo(binary.AsSpan(binary.AsSpan().IndexOf(carried)));
        return binary;
    }

    /// <summary>True where the row just decoded is the session's end and its content hash is that of all rows before.</summary>
    private bool ContentAgrees()
    {
        ref readonly Event last = ref decoder.Events[^1];
        content.CopyTo(contentNow);
        return last.Kind == EventKind.SessionEnded && SessionEnded.Content(last.Payload(decoder.Arena)).SequenceEqual(contentNow);
    }

    private bool Carries(LogRow? row, ReadOnlySpan<byte> link)
    {
        if (row is null)
            return false;
        try
        {
            header.ReadBinary(row);
            return header.PreviousLink.SequenceEqual(link);
        }
        catch (LogException)
        {
            return false;
        }
    }

    private void CheckCopy(LogRow row)
    {
        string expected = decoder.Header.ToJson();
        if (row.HeaderJson == expected)
            return;
        try
        {
            using JsonDocument stored = JsonDocument.Parse(row.HeaderJson, new JsonDocumentOptions { MaxDepth = 8 });
            using JsonDocument own = JsonDocument.Parse(expected);
            if (JsonElement.DeepEquals(stored.RootElement, own.RootElement))
                return;
        }
        catch (JsonException)
        {
            // Not JSON is not the header either.
        }

        throw new LogException(LogTrouble.BadRecording, $"row {row.Version}: the copy of the header is not what the row says");
    }

    private static void CheckDamage(LogRow row)
    {
        if (row.Damage is not null)
            throw new LogException(LogTrouble.BadRecording, row.Damage);
    }

    private void CheckEvents(long row)
    {
        if (ended)
            Fail(row, "it follows the end of the session");
        else if (row == 1 && decoder.Events[0].Kind != EventKind.SessionStarted)
            Fail(row, "the session does not begin with its manifest");
        else if (row > 1 && decoder.Events[0].Kind == EventKind.SessionStarted)
            Fail(row, "a session begins within the session");
        else if (decoder.Header.FirstPosition != nextPosition)
            Fail(row, $"it begins at position {decoder.Header.FirstPosition} where {nextPosition} belongs");
        else
            CheckContent(row);
    }

    private void CheckContent(long row)
    {
        content.Append(decoder.Events, decoder.Arena);
        if (decoder.Events[^1].Kind != EventKind.SessionEnded)
            return;
        ended = ContentAgrees();
        if (!ended)
            Fail(row, "the events are not those whose content hash the end of the session carries");
    }

    private void Fail(long row, string problem) => fault = new VerificationFault(row, RowFault.Changed, $"row {row}: {problem}");
}
