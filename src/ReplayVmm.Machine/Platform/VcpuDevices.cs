using ReplayVmm.Devices;
using ReplayVmm.Hypervisor;

namespace ReplayVmm.Machine;

/// <summary>What stands between the devices of a machine and one virtual processor: its local APIC and the signals without a vector.</summary>
internal sealed class VcpuDevices
{
    private readonly LocalApic apic;
    private readonly ProcessorSignals signals;
    private readonly TimestampClock timestamps;
    private readonly MmioBus mmio;
    private readonly Pic8259Pair? pic;

    /// <summary>The devices of one processor.</summary>
    /// <param name="apic">Its local APIC.</param>
    /// <param name="signals">What reaches it without a vector.</param>
    /// <param name="timestamps">Its time-stamp counter.</param>
    /// <param name="mmio">Devices in memory that all processors share.</param>
    /// <param name="pic">The 8259A pair at its LINT0 pin; null for none.</param>
    public VcpuDevices(LocalApic apic, ProcessorSignals signals, TimestampClock timestamps, MmioBus mmio, Pic8259Pair? pic) =>
        (this.apic, this.signals, this.timestamps, this.mmio, this.pic) = (apic, signals, timestamps, mmio, pic);

    /// <summary>True while a maskable interrupt waits for the processor.</summary>
    public bool InterruptPending => (pic is not null && apic.ExtIntPending) || apic.PendingVector >= 0;

    /// <summary>True while an NMI waits.</summary>
    public bool NmiPending => signals.NmiPending;

    /// <summary>True while an INIT waits.</summary>
    public bool InitPending => signals.InitPending;

    /// <summary>True while a start-up waits.</summary>
    public bool StartUpPending => signals.StartUpPending;

    /// <summary>The local APIC's task priority; CR8 is its upper half.</summary>
    public byte TaskPriority
    {
        get => apic.TaskPriority;
        set => apic.TaskPriority = value;
    }

    /// <summary>
    /// The interrupt acknowledge cycle: a vector, or -1 where nothing waits any more. The 8259A pair goes before the APIC's own.
    /// </summary>
    public int AcknowledgeInterrupt() =>
        pic is not null && apic.ExtIntPending ? pic.Acknowledge() : apic.PendingVector >= 0 ? apic.Acknowledge() : -1;

    /// <summary>The waiting NMI is delivered.</summary>
    public void TakeNmi() => signals.TakeNmi();

    /// <summary>The waiting INIT is taken; the local APIC is reset with the processor.</summary>
    public void TakeInit()
    {
        signals.TakeInit();
        apic.Init();
    }

    /// <summary>The waiting start-up is taken: the page where the processor starts.</summary>
    public byte TakeStartUp() => signals.TakeStartUp();

    /// <summary>RDMSR of a local APIC register.</summary>
    public bool TryReadApicMsr(uint msr, out ulong value) => apic.TryReadMsr(msr, out value);

    /// <summary>Whether WRMSR to a local APIC register would succeed.</summary>
    public bool AcceptsApicMsr(uint msr, ulong value) => apic.AcceptsMsrWrite(msr, value);

    /// <summary>WRMSR to a local APIC register.</summary>
    public void WriteApicMsr(uint msr, ulong value) => apic.TryWriteMsr(msr, value);

    /// <summary>
    /// A load of 1 to 8 bytes outside memory. The processor's own APIC page comes before every other device; where it was moved over RAM,
    /// the RAM is seen, as no access leaves it.
    /// </summary>
    public ulong ReadMmio(ulong address, int size) =>
        IsOwnPage(address, size) ? apic.ReadMemory(address - apic.Base, size) : mmio.Read(address, size);

    /// <summary>A store of 1 to 8 bytes outside memory; see <see cref="ReadMmio"/>.</summary>
    public void WriteMmio(ulong address, int size, ulong value)
    {
        if (IsOwnPage(address, size))
            apic.WriteMemory(address - apic.Base, size, value);
        else
            mmio.Write(address, size, value);
    }

    /// <summary>IA32_APIC_BASE was written: mode and address.</summary>
    public void SetApicBase(ulong value)
    {
        apic.TrySetMode((value & ApicBase.Enabled) == 0 ? ApicMode.Disabled : (value & ApicBase.X2Apic) != 0 ? ApicMode.X2Apic : ApicMode.XApic);
        apic.Base = value & ApicBase.AddressMask;
    }

    /// <summary>The time-stamp counter was written.</summary>
    public void TimestampChanged(ulong offset)
    {
        timestamps.Offset = offset;
        apic.TimestampChanged();
    }

    /// <summary>Registers are seen in xAPIC mode only; else the page is nobody's, or another device's.</summary>
    private bool IsOwnPage(ulong address, int size)
    {
        ulong offset = address - apic.Base;
        return apic.Mode == ApicMode.XApic && offset < LocalApic.PageLength && (ulong)size <= LocalApic.PageLength - offset;
    }
}
