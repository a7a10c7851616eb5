using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>Answers an exit handler's questions from the processor, the memory, the devices and the source of entropy.</summary>
// SAFETY: the processor's state has a stable address while the processor lives; general registers are indexed 0 to 15 and debug registers 0 to 3.
internal sealed unsafe class MachineDoor(
    IVirtualProcessor processor, IPhysicalMemory memory, DeviceSet devices, VcpuDevices own, MachineClock clock, IInputSource inputs) : IExitOperands
{
    /// <inheritdoc/>
    public ulong HostTimeStampCounter => clock.Units;

    /// <inheritdoc/>
    public ulong Register(GuestRegister register)
    {
        CpuState* state = processor.State;
        return register switch
        {
            <= (GuestRegister)15 => state->Gpr[(int)register & 15],
            GuestRegister.Rip => state->Rip,
            GuestRegister.Rflags => state->Rflags,
            GuestRegister.Cr3 => state->Cr3,
            GuestRegister.CsAttributes => state->SegmentAttributes[(int)SegmentIndex.Cs],
            GuestRegister.FsBase => state->SegmentBase[(int)SegmentIndex.Fs],
            GuestRegister.GsBase => state->SegmentBase[(int)SegmentIndex.Gs],
            GuestRegister.KernelGsBase => state->KernelGsBase,
            GuestRegister.DebugControl => state->DebugControl,
            GuestRegister.Cr8 => state->Cr8,
            GuestRegister.TrAttributes => state->SegmentAttributes[(int)SegmentIndex.Tr],
            GuestRegister.Dr6 => state->Dr6,
            GuestRegister.Dr7 => state->Dr7,
            GuestRegister.Cpl => (ulong)state->Cpl,
            >= GuestRegister.Dr0 and <= GuestRegister.Dr0 + 3 => state->Dr[register - GuestRegister.Dr0],
            _ => throw new ArgumentOutOfRangeException(nameof(register), register, "no such register"),
        };
    }

    /// <inheritdoc/>
    public bool TryReadMemory(ulong guestPhysical, Span<byte> destination) => memory.TryRead(guestPhysical, destination);

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => devices.Ports.Read(port, size);

    /// <inheritdoc/>
    public ulong ReadMmio(ulong guestPhysical, int size) => own.ReadMmio(guestPhysical, size);

    /// <inheritdoc/>
    public bool TryReadLocalApic(uint msr, out ulong value) => own.TryReadApicMsr(msr, out value);

    /// <inheritdoc/>
    public bool LocalApicAccepts(uint msr, ulong value) => own.AcceptsApicMsr(msr, value);

    /// <inheritdoc/>
    public ulong DrawEntropy() => inputs.DrawEntropy(clock.Now);

    /// <inheritdoc/>
    public int AcknowledgeInterrupt() => own.AcknowledgeInterrupt();
}
