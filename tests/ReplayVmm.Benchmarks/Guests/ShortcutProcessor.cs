using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Benchmarks;

/// <summary>
/// A seat that answers the exits of the <c>port_exits</c> loop itself, at once and always the same: what is left of the run is the processor,
/// its exits and their completion. All other exits go to the machine as ever.
/// </summary>
internal sealed unsafe class ShortcutProcessor(Interpreter inner, ulong portUnits) : IVirtualProcessor
{
    private const ulong PostCode = 0x80, LineStatus = 0x3FD, TransmitterEmpty = 0x60;

    /// <inheritdoc/>
    public CpuState* State => inner.State;

    /// <inheritdoc/>
    public ExecutionControls Controls => inner.Controls;

    /// <inheritdoc/>
    public ref readonly VmExit Exit => ref inner.Exit;

    /// <inheritdoc/>
    public ref readonly RegisterWrite Written => ref inner.Written;

    /// <inheritdoc/>
    public Span<byte> TranslationState => inner.TranslationState;

    /// <inheritdoc/>
    public bool CanTakeInterrupt => inner.CanTakeInterrupt;

    /// <inheritdoc/>
    public bool CanTakeNmi => inner.CanTakeNmi;

    /// <summary>An interpreter behind this, for <see cref="MachineOptions.Seat"/>.</summary>
    public static ProcessorSeat Seat(MachineManifest manifest)
    {
        CpuModel model = CpuModel.Find(manifest.CpuModel)!;
        var memory = new PhysicalMemory();
        return new ProcessorSeat(model, memory, new ShortcutProcessor(new Interpreter(memory, model), manifest.PortNanoseconds));
    }

    /// <inheritdoc/>
    public StopReason Run(ref ulong now, ulong limit)
    {
        while (true)
        {
            StopReason reason = inner.Run(ref now, limit);
            if (reason != StopReason.VmExit || inner.Exit.Reason != ExitReason.IoInstruction)
                return reason;
            ulong port = inner.Exit.Qualification >> 16;
            if (port is not (PostCode or LineStatus))
                return reason;
            inner.Complete(port == LineStatus ? TransmitterEmpty : 0);
            now += portUnits;
        }
    }

    /// <inheritdoc/>
    public void Complete(ulong result = 0, bool valid = true) => inner.Complete(result, valid);

    /// <inheritdoc/>
    public void CompleteCpuid(uint eax, uint ebx, uint ecx, uint edx) => inner.CompleteCpuid(eax, ebx, ecx, edx);

    /// <inheritdoc/>
    public void CompleteWithFault(byte vector, uint? errorCode) => inner.CompleteWithFault(vector, errorCode);

    /// <inheritdoc/>
    public void StateChanged() => inner.StateChanged();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
