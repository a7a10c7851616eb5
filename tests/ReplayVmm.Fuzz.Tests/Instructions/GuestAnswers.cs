using ReplayVmm.Hypervisor;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>What handlers may ask, answered by the dice where devices would answer.</summary>
// SAFETY: the processor's state has a stable address while it lives; register numbers are checked by their ranges.
internal sealed unsafe class GuestAnswers(IVirtualProcessor processor, IPhysicalMemory memory, Dice dice) : IExitOperands
{
    public ulong Now { get; set; }

    public ulong HostTimeStampCounter => Now;

    public ulong Register(GuestRegister register)
    {
        CpuState* s = processor.State;
        return register switch
        {
            <= (GuestRegister)15 => s->Gpr[(int)register & 15],
            GuestRegister.Rip => s->Rip,
            GuestRegister.Rflags => s->Rflags,
            GuestRegister.Cr3 => s->Cr3,
            GuestRegister.CsAttributes => s->SegmentAttributes[(int)SegmentIndex.Cs],
            GuestRegister.FsBase => s->SegmentBase[(int)SegmentIndex.Fs],
            GuestRegister.GsBase => s->SegmentBase[(int)SegmentIndex.Gs],
            GuestRegister.KernelGsBase => s->KernelGsBase,
            GuestRegister.Cr8 => s->Cr8,
            GuestRegister.TrAttributes => s->SegmentAttributes[(int)SegmentIndex.Tr],
            GuestRegister.Dr6 => s->Dr6,
            GuestRegister.Dr7 => s->Dr7,
            GuestRegister.Cpl => (ulong)s->Cpl,
            GuestRegister.DebugControl => s->DebugControl,
            >= GuestRegister.Dr0 and <= GuestRegister.Dr0 + 3 => s->Dr[register - GuestRegister.Dr0],
            _ => throw new FuzzException($"a handler asks for register {register}"),
        };
    }

    public bool TryReadMemory(ulong guestPhysical, Span<byte> destination) => memory.TryRead(guestPhysical, destination);

    public uint ReadPort(ushort port, int size) => (uint)(dice.Next() & (uint.MaxValue >> (32 - (8 * size))));

    public ulong ReadMmio(ulong guestPhysical, int size) => dice.OnceIn(2) ? ulong.MaxValue : dice.Next();

    public bool TryReadLocalApic(uint msr, out ulong value)
    {
        value = dice.Next();
        return dice.OnceIn(2);
    }

    public bool LocalApicAccepts(uint msr, ulong value) => dice.OnceIn(2);

    public ulong DrawEntropy() => dice.Next();

    public int AcknowledgeInterrupt() => dice.OnceIn(8) ? -1 : 16 + dice.Below(240);
}
