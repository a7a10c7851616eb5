namespace ReplayVmm.Events;

/// <summary>
/// What a handler writes its events with: it stamps each with the virtual time, machine and vCPU of the exit being handled.
/// </summary>
public readonly ref struct EventWriter(EventBuffer buffer, ulong virtualTime, byte vm, byte vcpu)
{
    /// <summary>Appends an event of <paramref name="kind"/>; operands as <see cref="EventSchema"/> names them.</summary>
    public void Write(EventKind kind, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0) =>
        buffer.Add(new Event { VirtualTime = virtualTime, Kind = kind, Vm = vm, Vcpu = vcpu, A = a, B = b, C = c, D = d, E = e });

    /// <summary>Appends an event with a payload; such a kind has at most four operands.</summary>
    public void Write(EventKind kind, ReadOnlySpan<byte> payload, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0) =>
        buffer.Add(new Event { VirtualTime = virtualTime, Kind = kind, Vm = vm, Vcpu = vcpu, A = a, B = b, C = c, D = d }, payload);
}
