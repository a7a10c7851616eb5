namespace ReplayVmm.Hypervisor;

/// <summary>
/// An exit handler's only door to the world. Questions are answered in the order asked, and every answer becomes part of an event, so
/// that a
/// log can answer them again. What a handler wants to change it says in events; nothing here writes.
/// </summary>
public interface IExitOperands
{
    /// <summary>A guest register at the exit.</summary>
    ulong Register(GuestRegister register);

    /// <summary>Copies guest-physical memory.</summary>
    /// <returns>False where a byte is not mapped.</returns>
    bool TryReadMemory(ulong guestPhysical, Span<byte> destination);

    /// <summary>IN: asks the device at <paramref name="port"/> for <paramref name="size"/> (1, 2 or 4) bytes.</summary>
    uint ReadPort(ushort port, int size);

    /// <summary>
    /// Load of <paramref name="size"/> (1, 2, 4 or 8) bytes from the device at <paramref name="guestPhysical"/>; all ones where there is
    /// none.
    /// </summary>
    ulong ReadMmio(ulong guestPhysical, int size);

    /// <summary>RDMSR from the local APIC: 6E0h (IA32_TSC_DEADLINE) or an x2APIC register, 800h to 8FFh.</summary>
    /// <returns>False where that read is #GP(0).</returns>
    bool TryReadLocalApic(uint msr, out ulong value);

    /// <summary>Whether a WRMSR to the local APIC would succeed; it is carried out by the event.</summary>
    bool LocalApicAccepts(uint msr, ulong value);

    /// <summary>The time-stamp counter now, without the guest's offset.</summary>
    ulong HostTimeStampCounter { get; }

    /// <summary>A random word from outside.</summary>
    ulong DrawEntropy();

    /// <summary>The interrupt acknowledge cycle: the vector to deliver, or -1 where the request has gone.</summary>
    int AcknowledgeInterrupt();
}
