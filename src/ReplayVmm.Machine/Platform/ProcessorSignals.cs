using System.Runtime.InteropServices;
using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// What reaches a processor without a vector (SDM volume 3, 9.4 and 11.4.7.3). There is no system management mode, so an SMI is lost. An INIT
/// sends a processor into waiting for a start-up; the one that boots would run the firmware then, so its INIT resets the machine. A start-up
/// that finds a processor running is ignored. Init and start-up are kept until the processor's next turn.
/// </summary>
internal sealed class ProcessorSignals(int vcpu, IPlatform platform) : IDevice, IApicProcessor
{
    private Signals state = new() { Waits = (byte)(vcpu == 0 ? 0 : 1) };

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Signals
    {
        public byte Nmi;
        public byte Init;
        public byte StartUp;
        public byte StartPage;

        /// <summary>It waits for a start-up.</summary>
        public byte Waits;
    }

    /// <inheritdoc/>
    public string Name => $"processor-signals{vcpu}";

    /// <inheritdoc/>
    public Span<byte> State => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref state, 1));

    /// <summary>An NMI waits.</summary>
    public bool NmiPending => state.Nmi != 0;

    /// <summary>An INIT waits.</summary>
    public bool InitPending => state.Init != 0;

    /// <summary>A start-up waits; it comes after an INIT.</summary>
    public bool StartUpPending => state.StartUp != 0;

    /// <inheritdoc/>
    public void RaiseNmi() => state.Nmi = 1;

    /// <summary>The waiting NMI is delivered.</summary>
    public void TakeNmi() => state.Nmi = 0;

    /// <inheritdoc/>
    public void RaiseSmi()
    {
        // No system management mode: see the class.
    }

    /// <inheritdoc/>
    public void RaiseInit()
    {
        if (vcpu == 0)
            platform.Request(PlatformRequest.Reset, 0);
        else
            (state.Init, state.StartUp) = (1, 0);
    }

    /// <inheritdoc/>
    public void RaiseStartUp(byte vector)
    {
        if ((state.Waits | state.Init) != 0 && state.StartUp == 0)
            (state.StartUp, state.StartPage) = (1, vector);
    }

    /// <summary>The waiting INIT is taken.</summary>
    public void TakeInit() => (state.Init, state.Nmi, state.Waits) = (0, 0, 1);

    /// <summary>The waiting start-up is taken: the page where the processor starts.</summary>
    public byte TakeStartUp()
    {
        (state.StartUp, state.Waits) = (0, 0);
        return state.StartPage;
    }
}
