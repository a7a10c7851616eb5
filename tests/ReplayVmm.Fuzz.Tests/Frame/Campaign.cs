using System.Globalization;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// The loop of a fuzzer: cases by their numbers until the time is up, but never fewer than the floor. A case is a function of the seed, the fuzzer's name and its number; one that
/// fails, or does not end, is named in a way that runs it alone.
/// </summary>
internal sealed class Campaign(string name, ITestOutputHelper output)
{
    private const double LongestCase = 60;
    private const int CheckEvery = 64;

    private readonly Dice dice = new();
    private long current;
    private Exception? failure;

    /// <summary>Cases between two calls of <see cref="BeginBatch"/>.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Makes everything anew that a case may have left behind; called before the first case of a batch.</summary>
    public Action? BeginBatch { get; init; }

    /// <summary>Its part of a fuzzer's time, where several campaigns share it.</summary>
    public double Share { get; init; } = 1;

    /// <summary>More to say at the end; it gets the seconds that the loop took.</summary>
    public Func<double, string>? Summary { get; init; }

    /// <summary>Runs <paramref name="one"/> for case after case.</summary>
    /// <param name="floor">Cases that are run whatever the time.</param>
    /// <param name="one">Runs one case with its dice; what it throws is a finding.</param>
    public void Run(long floor, Action<Dice, long> one)
    {
        ulong seed = FuzzDoor.Seed;
        if (FuzzDoor.OnlyCase is { } only)
        {
            Assert.SkipUnless(only.Fuzzer == name, "another case was asked for");
            for (long number = only.Case - (only.Case % Batch); number <= only.Case; number++)
                Case(seed, number, one);
            output.WriteLine(Text($"{name}: seed {seed}, case {only.Case} is fine"));
            return;
        }

        using var journal = new CaseJournal(name);
        if (journal.Unfinished is { } unfinished)
            output.WriteLine($"{name}: {unfinished}");
        long start = FuzzDoor.Timestamp(), done = 0;
        var thread = new Thread(() => done = Loop(seed, floor, one, journal), 16 << 20) { IsBackground = true, Name = name };
        thread.Start();
        Watch(thread, seed);
        journal.Finish();
        double seconds = FuzzDoor.SecondsSince(start);
        string more = failure is null && Summary is not null ? ", " + Summary(seconds) : "";
        output.WriteLine(Text($"{name}: seed {seed}, {done:n0} cases in {seconds:0.0} s, {done / seconds:n0} a second{more}"));
        if (failure is not null)
            throw new FuzzException($"{Which(seed, current)}: {failure.GetType().Name}: {failure.Message}", failure);
    }

    private long Loop(ulong seed, long floor, Action<Dice, long> one, CaseJournal journal)
    {
        double limit = FuzzDoor.Seconds * Share;
        long start = FuzzDoor.Timestamp(), number = 0;
        try
        {
            for (; number < floor || number % CheckEvery != 0 || FuzzDoor.SecondsSince(start) < limit; number++)
            {
                Volatile.Write(ref current, number);
                journal.Begin(seed, number);
                Case(seed, number, one);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        return number;
    }

    private void Case(ulong seed, long number, Action<Dice, long> one)
    {
        if (number % Batch == 0)
            BeginBatch?.Invoke();
        dice.Seed(seed, StreamOf(name), (ulong)number);
        one(dice, number);
    }

    /// <summary>Waits for the loop's end, and gives up on a case that never ends.</summary>
    private void Watch(Thread thread, ulong seed)
    {
        long seen = -1, since = FuzzDoor.Timestamp();
        while (!thread.Join(TimeSpan.FromSeconds(1)))
        {
            long now = Volatile.Read(ref current);
            if (now != seen)
                (seen, since) = (now, FuzzDoor.Timestamp());
            else if (FuzzDoor.SecondsSince(since) > LongestCase)
                throw new FuzzException($"{Which(seed, now)}: it has not ended for {LongestCase} s");
        }
    }

    private string Which(ulong seed, long number) => Text(
        $"{name}, seed {seed}, case {number} (alone: FUZZ_SEED={seed} FUZZ_CASE={name}:{number} dotnet test tests/ReplayVmm.Fuzz.Tests)");

    private static ulong StreamOf(string text)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char c in text)
            hash = (hash ^ c) * 0x100_0000_01B3;
        return hash;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
