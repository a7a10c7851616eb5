namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Everything that somebody who owns the database does to a recording, drawn at random.</summary>
internal sealed partial class Tamperings
{
    private readonly TamperedDatabase database;
    private readonly Random random;
    private readonly (string Name, int Weight, Func<ExpectedVerdict?> Do)[] kinds;

    public Tamperings(TamperedDatabase database, Random random)
    {
        this.database = database;
        this.random = random;
        kinds =
        [
            ("a bit of bdata", 20, () => FlipBinary(reseal: false)),
            ("a bit of bdata, sealed anew", 12, () => FlipBinary(reseal: true)),
            ("a bit of another column", 40, FlipColumn),
            ("a column set to another value", 12, SetColumn),
            ("the header for SQL edited", 6, EditHeader),
            ("a row dropped", 6, () => Drop(renumber: false)),
            ("a row dropped and the rest renumbered", 6, () => Drop(renumber: true)),
            ("the tail cut", 5, () => CutTail(index: false, signature: false)),
            ("the tail cut and the index adjusted", 5, () => CutTail(index: true, signature: false)),
            ("the tail cut, index and signatures too", 5, () => CutTail(index: true, signature: true)),
            ("two rows swapped", 6, SwapRows),
            ("two rows' contents swapped", 6, SwapContents),
            ("two rows' columns swapped", 6, SwapColumn),
            ("a row in another's place", 6, CopyOver),
            ("a row inserted again", 6, InsertAgain),
            ("a row twice under one number", 4, TwiceUnderOneNumber),
            ("a row appended again", 4, AppendAgain),
            ("a row before the first", 2, BeforeFirst),
            ("another session's row in place of one", 8, MoveOver),
            ("another session's row appended", 4, MoveBehind),
            ("an event forged, hash and seal of its row made anew", 6, ForgeRow),
            ("an event forged, all hashes and seals made anew", 6, ForgeTail),
            ("an event forged, all made anew and signed by another", 4, ForgeAndSign),
            ("the index edited", 12, EditIndex),
            ("a signature edited", 8, EditSignature),
            ("a signature taken away", 3, DropSignature),
        ];
    }

    public IEnumerable<string> Kinds => kinds.Select(kind => kind.Name);

    /// <summary>Does something; draws again where the database or chance makes nothing of it.</summary>
    public (string Kind, ExpectedVerdict Expected) Next()
    {
        int draw = random.Next(kinds.Sum(kind => kind.Weight));
        (string name, _, Func<ExpectedVerdict?> act) = kinds.First(kind => (draw -= kind.Weight) < 0);
        while (true)
        {
            if (database.Try(act) is { } verdict)
                return (name, verdict);
        }
    }

    /// <summary>A row, the first and the last as often as a few others together: the edges are where checks forget something.</summary>
    private long Row(long from = 1) => random.Next(10) switch
    {
        0 => from,
        1 => database.Rows,
        2 => Math.Clamp(database.Rows - 1, from, database.Rows),
        // A verification reads 256 rows at a time.
        3 => Math.Clamp(255 + random.Next(3), from, database.Rows),
        _ => random.NextInt64(from, database.Rows + 1),
    };

    private (long First, long Second) TwoRows()
    {
        long a = Row(), b = random.Next(3) == 0 ? a + 1 : Row();
        return a == b || b > database.Rows ? TwoRows() : (Math.Min(a, b), Math.Max(a, b));
    }

    private bool Chance() => random.Next(2) == 0;
}
