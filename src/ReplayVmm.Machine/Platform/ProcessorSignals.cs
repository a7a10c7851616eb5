using System.Runtime.InteropServices;
using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// What reaches the processor without a vector. There is no system management mode, so an SMI is lost; a start-up finds the only
/// processor running, which ignores it; an INIT
/// that the only processor sends itself resets the machine.
/// </summary>
internal sealed class ProcessorSignals(IPlatform platform) : IDevice, IApicProcessor
{
    private byte nmi;

    /// <inheritdoc/>
    public string Name => "processor-signals";

    /// <inheritdoc/>
    public Span<byte> State => MemoryMarshal.CreateSpan(ref nmi, 1);

    /// <summary>An NMI waits.</summary>
    public bool NmiPending => nmi != 0;

    /// <inheritdoc/>
    public void RaiseNmi() => nmi = 1;

    /// <summary>The waiting NMI is delivered.</summary>
    public void TakeNmi() => nmi = 0;

    /// <inheritdoc/>
    public void RaiseSmi()
    {
        // No system management mode: see the class.
    }

    /// <inheritdoc/>
    public void RaiseInit() => platform.Request(PlatformRequest.Reset, 0);

    /// <inheritdoc/>
    public void RaiseStartUp(byte vector)
    {
        // Running processors ignore it (SDM volume 3, 9.4.4).
    }
}
