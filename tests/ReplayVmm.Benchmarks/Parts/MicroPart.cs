using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Perfolizer.Horology;

namespace ReplayVmm.Benchmarks;

/// <summary>The pieces, by BenchmarkDotNet in this process.</summary>
internal static class MicroPart
{
    public static void Run(Bench bench, Section section)
    {
        Table table = section.Table("piece", "median", "least", "bytes allocated");
        foreach (Type type in (Type[])[typeof(ProcessorBenchmarks), typeof(LogBenchmarks)])
        {
            bench.Progress(type.Name);
            Summary summary = BenchmarkRunner.Run(type, Config(bench));
            foreach (BenchmarkReport report in summary.Reports)
                Add(section, table, report);
        }

        section.Say(
            $"BenchmarkDotNet in this process, few short iterations. Straight code and TLB lines run in the interpreter: their time is its own.");
    }

    private static void Add(Section section, Table table, BenchmarkReport report)
    {
        string name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
        if (report.ResultStatistics is not { } statistics)
            throw new BenchException($"{name} gave no result: {string.Join("; ", report.ExecuteResults.SelectMany(result => result.Errors))}");
        section.Keep(name, "ns", [.. statistics.OriginalValues]);
        long bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
        table.Add(name, Format.Seconds(statistics.Median / 1e9), Format.Seconds(statistics.Min / 1e9), Format.Number(bytes));
    }

    private static ManualConfig Config(Bench bench)
    {
        Job job = Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance);
        job = bench.Options.Smoke
            ? job.WithStrategy(RunStrategy.Monitoring).WithWarmupCount(0).WithIterationCount(1).WithInvocationCount(1).WithUnrollFactor(1)
            : job.WithWarmupCount(3).WithIterationCount(7).WithMinIterationTime(TimeInterval.FromMilliseconds(100));
        return ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(bench.Folder, "benchmarkdotnet"))
            .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.DisableLogFile);
    }
}
