namespace ReplayVmm.EndToEnd.Tests;

/// <content>Whole rows dropped, swapped, doubled, moved and forged.</content>
internal sealed partial class Tamperings
{
    private const string Copied = """
        insert into mt_events
        select nextval('mt_events_sequence'), id, $1, $3, data, bdata, type, timestamp, tenant_id, mt_dotnet_type, is_archived
        from mt_events where stream_id = $4 and version = $2
        """;

    private const string Contents = "bdata = b.bdata, data = b.data, type = b.type, mt_dotnet_type = b.mt_dotnet_type";

    private static readonly string[] Alone = ["bdata", "data", "seq_id", "timestamp", "id"];

    private ExpectedVerdict? Drop(bool renumber)
    {
        long row = Row();
        if (row == database.Rows)
            return null;
        database.Do($"delete from mt_events {This}", row);
        if (renumber)
            Renumber(row + 1, by: -1);
        bool reseal = renumber && Chance();
        if (reseal)
            database.ResealAll();
        if (renumber && Chance())
            database.Do("update mt_streams set version = version - 1 where id = $1");
        return new ExpectedVerdict($"row {row}, sealed anew: {reseal}", row);
    }

    private ExpectedVerdict? CutTail(bool index, bool signature)
    {
        long row = Row(from: 2);
        database.Do("delete from mt_events where stream_id = $1 and version >= $2", row);
        if (index)
            AdjustIndex();
        if (signature)
            database.Do("delete from rv_signatures where session = $1");
        return new ExpectedVerdict($"from row {row}", signature ? 1 : row, Pinned: signature);
    }

    private ExpectedVerdict SwapRows()
    {
        (long first, long second) = TwoRows();
        database.Do($"update mt_events set version = -1 {This}", first);
        database.Do("update mt_events set version = $2 where stream_id = $1 and version = $3", first, second);
        database.Do("update mt_events set version = $2 where stream_id = $1 and version = -1", second);
        bool reseal = Chance();
        if (reseal)
            database.ResealAll();
        return new ExpectedVerdict($"rows {first} and {second}, sealed anew: {reseal}", first);
    }

    private ExpectedVerdict SwapContents()
    {
        (long first, long second) = TwoRows();
        Swap(first, second, Contents);
        bool reseal = Chance();
        if (reseal)
            database.ResealAll();
        return new ExpectedVerdict($"rows {first} and {second}, sealed anew: {reseal}", first);
    }

    private ExpectedVerdict? SwapColumn()
    {
        (long first, long second) = TwoRows();
        string column = Alone[random.Next(Alone.Length)];
        if (column == "seq_id")
        {
            long[] numbers = [SequenceOf(first), SequenceOf(second)];
            database.Do($"update mt_events set seq_id = -1 {This}", first);
            database.Do($"update mt_events set seq_id = $3 {This}", second, numbers[0]);
            database.Do($"update mt_events set seq_id = $3 {This}", first, numbers[1]);
        }
        else
        {
            bool same = database.Ask<bool>(
                $"select count(distinct {column}) = 1 from mt_events where stream_id = $1 and version in ($2, $3)", first, second);
            if (same)
                return null;
            Swap(first, second, $"{column} = b.{column}");
        }

        return new ExpectedVerdict($"{column} of rows {first} and {second}", first);
    }

    private ExpectedVerdict CopyOver()
    {
        (long first, long second) = TwoRows();
        (long to, long from) = Chance() ? (first, second) : (second, first);
        database.Do($"""
            update mt_events a set {Contents} from mt_events b
            where a.stream_id = $1 and a.version = $2 and b.stream_id = $1 and b.version = $3
            """, to, from);
        bool reseal = Chance();
        if (reseal)
            database.Reseal(to);
        return new ExpectedVerdict($"row {from} in place of row {to}, sealed anew: {reseal}", to);
    }

    private ExpectedVerdict InsertAgain()
    {
        (long first, long second) = TwoRows();
        (long to, long from) = Chance() ? (first, second) : (second, first);
        Renumber(to, by: 1);
        database.Do(Copied, from < to ? from : from + 1, to, database.Id);
        bool reseal = Chance();
        if (reseal)
            database.ResealAll();
        if (Chance())
            AdjustIndex();
        return new ExpectedVerdict($"row {from} once more before row {to}, sealed anew: {reseal}", to);
    }

    private ExpectedVerdict TwiceUnderOneNumber()
    {
        long row = Row();
        database.DropUniqueIndex();
        database.Do(Copied, row, row, database.Id);
        bool reseal = Chance();
        if (reseal)
            database.Reseal(row);
        return new ExpectedVerdict($"row {row}, sealed anew: {reseal}", row + 1);
    }

    private ExpectedVerdict AppendAgain()
    {
        long row = Row();
        database.Do(Copied, row, database.Rows + 1, database.Id);
        if (Chance())
            database.Reseal(database.Rows + 1);
        if (Chance())
            AdjustIndex();
        return new ExpectedVerdict($"row {row}", database.Rows + 1);
    }

    private ExpectedVerdict BeforeFirst()
    {
        long row = Row();
        long place = Chance() ? 0 : -row;
        database.Do(Copied, row, place, database.Id);
        return new ExpectedVerdict($"row {row} as row {place}", place);
    }

    private ExpectedVerdict? MoveOver()
    {
        long row = Row();
        database.Do($"delete from mt_events {This}", row);
        if (Chance())
            database.Do("update mt_events set stream_id = $1 where stream_id = $3 and version = $2", row, database.OtherId);
        else
            database.Do(Copied, row, row, database.OtherId);
        bool reseal = Chance();
        if (reseal)
            database.Reseal(row);
        // The first rows of two sessions that were recorded alike are equal, and what is equal and sealed is not a change.
        bool same = database.Ask<bool>("""
            select a.bdata = b.bdata from mt_events a join saved.mt_events b using (stream_id, version)
            where a.stream_id = $1 and a.version = $2
            """, row);
        return same && reseal ? null : new ExpectedVerdict($"row {row}, sealed anew: {reseal}", row);
    }

    private ExpectedVerdict MoveBehind()
    {
        long row = database.Rows + 1;
        database.Do("update mt_events set stream_id = $1 where stream_id = $3 and version = $2", row, database.OtherId);
        if (Chance())
            database.Reseal(row);
        if (Chance())
            AdjustIndex();
        return new ExpectedVerdict("", row);
    }

    private long SequenceOf(long row) => database.Ask<long>($"select seq_id from mt_events {This}", row);

    private void Swap(long first, long second, string what) => database.Do($"""
        update mt_events a set {what} from mt_events b
        where a.stream_id = $1 and b.stream_id = $1 and (a.version, b.version) in (($2, $3), ($3, $2))
        """, first, second);

    /// <summary>In two steps: at no moment may two rows have one number.</summary>
    private void Renumber(long from, long by)
    {
        database.Do("update mt_events set version = -(version + $3) where stream_id = $1 and version >= $2", from, by);
        database.Do("update mt_events set version = -version where stream_id = $1 and version < 0");
    }

    /// <summary>What stands beside the rows says what they now are.</summary>
    private void AdjustIndex()
    {
        database.Do("""
            update mt_streams set version = last.version, timestamp = last.timestamp
            from (select version, timestamp from mt_events where stream_id = $1 order by version desc limit 1) last where id = $1
            """);
        database.Do("""
            update rv_sessions set events = now.events, bytes = now.bytes, ended = now.ended
            from (select sum((data->>'Events')::bigint) as events, sum(octet_length(bdata)) as bytes,
                         (array_agg(type order by version desc))[1] = 'session_ended' as ended
                  from mt_events where stream_id = $1) now
            where id = $1
            """);
    }
}
