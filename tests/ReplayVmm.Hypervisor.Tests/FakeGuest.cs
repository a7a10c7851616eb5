using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

/// <summary>A guest that is only answers: registers, a memory, devices. It keeps what was asked, in order.</summary>
internal sealed class FakeGuest : IExitOperands
{
    public const ulong Rip = 0x1234;
    private readonly EventBuffer buffer = new();

    public FakeGuest(CpuModel? model = null)
    {
        Model = model ?? TestModels.Full;
        Registers[GuestRegister.Rip] = Rip;
        Registers[GuestRegister.TrAttributes] = 0x8B;
        Record(EventKind.VcpuCreated);
        Record(EventKind.VcpuReset);
    }

    public CpuModel Model { get; }
    public VmState State { get; } = new();
    public Dictionary<GuestRegister, ulong> Registers { get; } = [];
    public Dictionary<ulong, byte> Memory { get; } = [];
    public List<string> Asked { get; } = [];
    public Queue<uint> Ports { get; } = new();
    public Queue<ulong> Mmio { get; } = new();
    public Queue<ulong> Entropy { get; } = new();
    public Queue<int> Interrupts { get; } = new();
    public Dictionary<uint, ulong> Apic { get; } = [];
    public ulong Tsc { get; set; }

    public ulong HostTimeStampCounter => Tsc;

    /// <summary>Handles an exit and applies what was decided; the events of this exit.</summary>
    public Event[] Handle(VmExit exit)
    {
        buffer.Clear();
        ExitHandlers.Handle(in exit, State, 0, Model, this, new EventWriter(buffer, 77, 0, 0));
        Event[] events = buffer.Events.ToArray();
        foreach (Event e in events)
            State.Apply(e, default);
        return events;
    }

    /// <summary>The one event of an exit.</summary>
    public Event One(VmExit exit) => Handle(exit).ShouldHaveSingleItem();

    public void Record(EventKind kind, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0) =>
        State.Apply(new Event { Kind = kind, A = a, B = b, C = c, D = d, E = e }, default);

    public ulong Register(GuestRegister register) => Registers.GetValueOrDefault(register);

    public bool TryReadMemory(ulong guestPhysical, Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = Memory.GetValueOrDefault(guestPhysical + (ulong)i);
        return true;
    }

    public uint ReadPort(ushort port, int size)
    {
        Asked.Add($"in {port:x} {size}");
        return Ports.Dequeue();
    }

    public ulong ReadMmio(ulong guestPhysical, int size)
    {
        Asked.Add($"load {guestPhysical:x} {size}");
        return Mmio.Dequeue();
    }

    public bool TryReadLocalApic(uint msr, out ulong value) => Apic.TryGetValue(msr, out value);

    public bool LocalApicAccepts(uint msr, ulong value) => Apic.ContainsKey(msr);

    public ulong DrawEntropy()
    {
        Asked.Add("entropy");
        return Entropy.Dequeue();
    }

    public int AcknowledgeInterrupt() => Interrupts.TryDequeue(out int vector) ? vector : -1;
}
