using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>Registers and timer of one local APIC; all that <see cref="LocalApic"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct LocalApicState
{
    /// <summary>Virtual time of the timer's next act, ns.</summary>
    public ulong Deadline;

    /// <summary>Virtual time at which the timer stood at <see cref="TimerCount"/>.</summary>
    public ulong TimerStart;
    public ulong TscDeadline;

    /// <summary>Guest-physical address of the register page.</summary>
    public ulong Base;
    public ulong InterruptCommand;
    public VectorBits InService;
    public VectorBits TriggerMode;
    public VectorBits Request;
    public LocalVectorTable Lvt;
    public uint TimerCount;
    public uint InitialCount;
    public uint DivideConfiguration;
    public uint LogicalDestination;
    public uint DestinationFormat;
    public uint SpuriousVector;
    public byte TaskPriority;
    public byte ErrorStatus;
    public byte PendingErrors;
    public byte Lint0;
    public byte Lint1;
    public ApicMode Mode;
}
