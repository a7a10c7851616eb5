using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests;

/// <summary>The interpreter against the processor that runs the tests. <c>Silicon/README.md</c> tells what is judged and how a single case is run again.</summary>
public unsafe class SiliconTests(ITestOutputHelper output)
{
    /// <summary>Executions of all modes together, and what they may not fall below.</summary>
    private const long Executions = 2_250_000, ExecutionsAtLeast = 2_000_000;

    /// <summary>Operand sets of an instruction; and how many ordinary instructions random bytes are worth.</summary>
    private const int Operands = 24, RandomBytesWeight = 100, LinesAtMost = 400;

    /// <summary>
    /// Forms of which no instruction can be built that may be judged. There are none: a form that the builder never gets right would be in the
    /// catalogue and not in the judgement. One that is added here says why.
    /// </summary>
    private static readonly string[] NeverBuilt = [];

    private static readonly ulong Seed = (ulong)Setting("SILICON_SEED", 1);

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    [InlineData(16)]
    public void Every_instruction_does_what_the_hosts_processor_does(int bits)
    {
        if (!HostProcessor.CanJudge)
            Assert.Skip("the judge is an x86-64 processor under Linux");
        if (Environment.GetEnvironmentVariable("SILICON_CASE") is { } name)
        {
            JudgeOne(bits, name);
            return;
        }
        string? only = Environment.GetEnvironmentVariable("SILICON_ONLY");
        using var first = new SiliconProcess();
        if (bits == 16 && !first.HasLocalDescriptors)
            Assert.Skip("16-bit code needs modify_ldt(2), which this system does not have");
        long target = Share(Setting("SILICON_EXECUTIONS", Executions), first.HasLocalDescriptors);
        var catalog = new FormCatalog(bits, first);
        string[]? names = only?.Split(',');
        var forms = catalog.Forms.Where(f => names is null || names.Contains(f.Code.Mnemonic().ToString()) || names.Contains(f.Code.ToString())).ToList();
        var differences = new ConcurrentDictionary<string, byte>();
        var missing = new ConcurrentDictionary<string, byte>(forms.Select(f => KeyValuePair.Create(f.Name, (byte)0)));
        long executions = 0, deaths = 0, start = Stopwatch.GetTimestamp();
        // Whole rounds, so that the same work is done however many processors share it; instruction n is the same in whatever round it comes.
        int round = 0, instructions = (int)Math.Max(4, target / 8 / Operands / forms.Count);
        while (Interlocked.Read(ref executions) < target && differences.Count < LinesAtMost)
        {
            var work = new ConcurrentQueue<Form[]>(forms.Chunk(32));
            int number = round++;
            Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, _ => Work(work, number));
            if (executions == 0)
                break;
        }
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{bits}-bit on {HostProcessor.Vendor}: seed {Seed}, {catalog.Mnemonics} mnemonics, {catalog.Forms.Count} forms, {executions:n0} executions, "
            + $"{differences.Count} differences, {deaths} children died, {executions / taken.TotalSeconds:n0} executions a second");
        foreach (string difference in differences.Keys.Order(StringComparer.Ordinal).Take(LinesAtMost))
            output.WriteLine(difference);
        missing.Keys.Order(StringComparer.Ordinal).ShouldBe(
            NeverBuilt.Where(form => forms.Exists(f => f.Name == form)).Order(StringComparer.Ordinal), "forms of which no instruction could be built");
        differences.Count.ShouldBe(0, $"differences, listed in the output; seed {Seed}");
        executions.ShouldBeGreaterThanOrEqualTo(only is null ? target : 1);

        void Work(ConcurrentQueue<Form[]> work, int number)
        {
            using var silicon = new SiliconProcess();
            using var judge = new SiliconJudge(Seed, silicon);
            while (work.TryDequeue(out Form[]? chunk))
            {
                foreach (Form form in chunk)
                {
                    int count = instructions * (form.Code == Code.INVALID ? RandomBytesWeight : 1);
                    for (int n = 0; n < count; n++)
                    {
                        if (judge.Judge(form, (number * count) + n, Operands))
                            missing.TryRemove(form.Name, out _);
                    }
                }
            }
            judge.Finish();
            Interlocked.Add(ref executions, judge.Executions);
            Interlocked.Add(ref deaths, silicon.Deaths);
            foreach (string difference in judge.Differences)
                differences.TryAdd(difference, 0);
        }
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    public void The_modes_that_a_system_has_share_all_executions(bool hasLocalDescriptors, int modes)
    {
        long share = Share(Executions, hasLocalDescriptors);
        (modes * share).ShouldBeInRange(ExecutionsAtLeast, Executions);
    }

    /// <summary>Executions of a mode: where there is no 16-bit code, the two others do its part.</summary>
    private static long Share(long executions, bool hasLocalDescriptors) => executions / (hasLocalDescriptors ? 3 : 2);

    private void JudgeOne(int bits, string name)
    {
        string[] parts = name.Split('/');
        if (parts[0] != bits.ToString(CultureInfo.InvariantCulture))
            Assert.Skip("another mode");
        using var silicon = new SiliconProcess();
        Form form = new FormCatalog(bits, silicon).Forms.Single(f => f.Name == $"{parts[0]}/{parts[1]}");
        using var judge = new SiliconJudge(Seed, silicon) { OnlyOperands = parts.Length > 3 ? int.Parse(parts[3], CultureInfo.InvariantCulture) : -1 };
        judge.Judge(form, int.Parse(parts[2], CultureInfo.InvariantCulture), Operands).ShouldBeTrue();
        judge.Finish();
        output.WriteLine($"{judge.Executions} executions");
        judge.Differences.ShouldBeEmpty();
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;
}
