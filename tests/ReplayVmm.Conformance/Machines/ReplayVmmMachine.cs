using System.Text;
using ReplayVmm.Devices;
using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Conformance;

/// <summary>Our machine, in this process, without a log.</summary>
internal sealed class ReplayVmmMachine : IMachine, IInputSource, IEventSink
{
    private const ulong Memory = 64 << 20, MostNanoseconds = 2_000_000_000;
    private const long WallClock = 1_700_000_000;

    /// <inheritdoc/>
    public string Name => "ReplayVmm";

    /// <inheritdoc/>
    public string? Missing => null;

    /// <inheritdoc/>
    public Outcome Run(byte[] disk)
    {
        BootPlan plan = BootLoader.Multiboot(new BootImage("guest", disk), [], "", Memory);
        var manifest = new MachineManifest
        {
            MemoryBytes = Memory,
            CpuModel = "max",
            WallClockStart = WallClock,
            Boot = plan.Boot,
            ReplayVmmVersion = "conformance",
            RuntimeVersion = "conformance",
        };
        var console = new Printed();
        using var machine = new VirtualMachine(
            manifest, plan.Images, this, this, new MachineOptions { Console = console, UntilTime = MostNanoseconds });
        RunResult result = machine.Run();
        Ending ending = result.Reason switch
        {
            EndReason.Reset or EndReason.TripleFault => Ending.Reset,
            EndReason.TimeReached or EndReason.DeadHalt => Ending.Hung,
            _ => Ending.Failed,
        };
        return Outcome.Parse(console.Text.ToString(), ending, result.Reason.ToString());
    }

    /// <inheritdoc/>
    public int TakeConsoleInput(ulong now, Span<byte> buffer) => 0;

    /// <inheritdoc/>
    public ulong WaitForInput(ulong now, ulong deadline) => deadline;

    /// <inheritdoc/>
    public ulong DrawEntropy(ulong now) => 0;

    /// <inheritdoc/>
    public bool EndRequested(ulong now, out EndReason reason)
    {
        reason = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena) => true;

    private sealed class Printed : IConsoleSink
    {
        public StringBuilder Text { get; } = new();

        public void Write(byte value) => Text.Append((char)value);
    }
}
