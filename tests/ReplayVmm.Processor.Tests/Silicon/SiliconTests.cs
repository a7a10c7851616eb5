using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests;

/// <summary>The interpreter against the processor that runs the tests. <c>Silicon/README.md</c> tells what is judged and how a single case is run again.</summary>
public unsafe class SiliconTests(ITestOutputHelper output)
{
    /// <summary>Operand sets of an instruction; and how many ordinary instructions random bytes are worth.</summary>
    private const int Operands = 24, RandomBytesWeight = 100, LinesAtMost = 400;

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
        long target = Setting("SILICON_EXECUTIONS", 2_250_000) / 3;
        string? only = Environment.GetEnvironmentVariable("SILICON_ONLY");
        using var first = new SiliconProcess();
        if (bits == 16 && !first.HasLocalDescriptors)
            Assert.Skip("16-bit code needs modify_ldt(2), which this system does not have");
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
        foreach (string form in missing.Keys.Order(StringComparer.Ordinal))
            output.WriteLine($"not encodable: {form}");
        foreach (string difference in differences.Keys.Order(StringComparer.Ordinal).Take(LinesAtMost))
            output.WriteLine(difference);
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
