using System.Diagnostics;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Processor;
using ReplayVmm.Replay;
using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>A guest that can be run again and again in this process.</summary>
internal sealed class BenchGuest
{
    private const ulong MiB = 1 << 20;
    private readonly MachineManifest manifest;
    private readonly BootPlan plan;
    private readonly ulong? untilTime;

    private BenchGuest(string name, BootPlan plan, ulong memory, ulong? untilTime)
    {
        Name = name;
        this.plan = plan;
        this.untilTime = untilTime;
        manifest = new MachineManifest
        {
            MemoryBytes = memory,
            CpuModel = CpuModel.Default.Name,
            WallClockStart = 0,
            Boot = plan.Boot,
            ReplayVmmVersion = "benchmark",
            RuntimeVersion = "benchmark",
        };
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>A Multiboot guest of the <c>bench</c> family, with 64 MiB, to its own end.</summary>
    public static BenchGuest Multiboot(Bench bench, string file)
    {
        BootImage image = Read(bench, file);
        return new BenchGuest(Path.GetFileNameWithoutExtension(file), BootLoader.Multiboot(image, [], "", 64 * MiB), 64 * MiB, null);
    }

    /// <summary>memtest86+ with 64 MiB, to a virtual time in nanoseconds.</summary>
    public static BenchGuest Memtest(Bench bench, ulong untilTime) => new(
        "memtest86+", BootLoader.Linux(Read(bench, "memtest86+x64.bin"), null, "console=ttyS0,115200 nosmp", 64 * MiB), 64 * MiB, untilTime);

    /// <summary>Runs it with its events going to <paramref name="sink"/>; building the machine is not counted.</summary>
    public GuestRun Run(IEventSink sink, MachineOptions? options = null)
    {
        using var machine = new VirtualMachine(
            manifest, plan.Images, new NoInputs(), sink, (options ?? new MachineOptions()) with { UntilTime = untilTime });
        GC.Collect();
        long start = Stopwatch.GetTimestamp();
        RunResult result = machine.Run();
        return new GuestRun(result, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Records it. Connecting and the last commit are counted apart.</summary>
    public RecordedRun Record(EventStore store, string name)
    {
        using ISessionWriter writer = store.Create(Guid.NewGuid(), name);
        using var recorder = new Recorder(writer, TimeProvider.System);
        GuestRun run = Run(recorder);
        long end = Stopwatch.GetTimestamp();
        RecorderStatistics statistics = recorder.Finish();
        double commit = Stopwatch.GetElapsedTime(end).TotalSeconds;
        return recorder.Failure is { } failure
            ? throw new BenchException($"recording {Name} failed: {failure.Message}")
            : new RecordedRun(run, commit, statistics);
    }

    private static BootImage Read(Bench bench, string file) => new(file, File.ReadAllBytes(bench.Guest(file)));
}

/// <summary>A run that came to its end.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Seconds">Wall time from the first instruction to the last.</param>
internal sealed record GuestRun(RunResult Result, double Seconds);

/// <summary>A run that was recorded.</summary>
/// <param name="Run">The run.</param>
/// <param name="CommitSeconds">What passed until all of it was durable, after the guest's end.</param>
/// <param name="Statistics">What the recorder says.</param>
internal sealed record RecordedRun(GuestRun Run, double CommitSeconds, RecorderStatistics Statistics)
{
    /// <summary>From the first instruction until all of it is durable.</summary>
    public double Seconds => Run.Seconds + CommitSeconds;
}
