using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>Everything that an exit handler decides from, and the writer of what it decides.</summary>
internal readonly ref struct ExitContext(
    ref readonly VmExit exit, VmState vm, int vcpu, CpuModel model, IExitOperands answers, EventWriter events)
{
    /// <summary>The exit.</summary>
    public readonly ref readonly VmExit Exit = ref exit;
    /// <summary>The vCPU that exited.</summary>
    public readonly ref readonly VcpuState Vcpu = ref vm.Vcpu(vcpu);
    /// <summary>Where decisions go.</summary>
    public readonly EventWriter Events = events;

    /// <summary>The whole machine.</summary>
    public VmState Vm { get; } = vm;
    /// <summary>What CPUID shows.</summary>
    public CpuModel Model { get; } = model;
    /// <summary>The door to the guest.</summary>
    public IExitOperands Answers { get; } = answers;

    /// <summary>Address of the instruction that exited.</summary>
    public ulong Rip => Answers.Register(GuestRegister.Rip);

    /// <summary>Says that this exit has no kind of its own; <paramref name="answer"/> is what the instruction gets.</summary>
    public void Exited(ulong answer = 0) =>
        Events.Write(EventKind.VmExited, (ulong)Exit.Reason, Exit.Qualification, Rip, Exit.InstructionLength, answer);

    /// <summary>Gives the instruction an exception instead of an answer.</summary>
    public void Inject(byte vector, ulong error = 0, ulong address = 0) =>
        Events.Write(EventKind.ExceptionInjected, vector, error, address, Rip);

    /// <summary>Stops the guest: the monitor cannot go on.</summary>
    public void Fail(ulong suberror, ulong detail) => Events.Write(EventKind.InternalError, suberror, Rip, detail);
}
