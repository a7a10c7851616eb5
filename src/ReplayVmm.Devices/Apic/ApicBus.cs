namespace ReplayVmm.Devices;

/// <summary>Routes messages among the local APICs of a machine, in the order they were attached.</summary>
public sealed class ApicBus : IApicBus
{
    private readonly List<LocalApic> apics = [];
    private bool sent;

    /// <summary>Where ends of level-triggered interrupts go besides: the IO-APIC; null for none.</summary>
    public Action<byte>? EndOfInterruptSink { get; set; }

    /// <summary>Adds a processor's APIC; once, before the machine runs.</summary>
    public void Attach(LocalApic apic) => apics.Add(apic);

    /// <inheritdoc/>
    public void Send(LocalApic sender, in ApicMessage message, ApicShorthand shorthand)
    {
        if (shorthand == ApicShorthand.Self)
        {
            sender.Accept(message);
            return;
        }

        if (message.Mode == ApicDeliveryMode.LowestPriority)
        {
            if (Arbitrate(sender, message, shorthand) is LocalApic chosen)
                sent |= chosen.Accept(message) && chosen != sender;
            return;
        }

        foreach (LocalApic apic in apics)
        {
            if (IsAddressed(apic, sender, message, shorthand))
                sent |= apic.Accept(message) && apic != sender;
        }
    }

    /// <summary>
    /// Whether an interprocessor interrupt has reached another APIC than its sender's since this was last asked: a machine ends the sender's
    /// turn then. It is asked after each access, and so no state.
    /// </summary>
    public bool TakeSent()
    {
        bool was = sent;
        sent = false;
        return was;
    }

    /// <summary>Delivers a message of an IO-APIC or a device.</summary>
    /// <returns>Whether an APIC took it.</returns>
    public bool Send(in ApicMessage message)
    {
        if (message.Mode == ApicDeliveryMode.LowestPriority)
            return Arbitrate(null, message, ApicShorthand.None)?.Accept(message) ?? false;
        bool taken = false;
        foreach (LocalApic apic in apics)
        {
            if (IsAddressed(apic, null, message, ApicShorthand.None))
                taken |= apic.Accept(message);
        }

        return taken;
    }

    /// <inheritdoc/>
    public void EndOfInterrupt(byte vector) => EndOfInterruptSink?.Invoke(vector);

    private static bool IsAddressed(LocalApic apic, LocalApic? sender, in ApicMessage message, ApicShorthand shorthand) => shorthand switch
    {
        ApicShorthand.AllIncludingSelf => true,
        ApicShorthand.AllExcludingSelf => apic != sender,
        _ => apic.Matches(message.Destination, message.Logical),
    };

    /// <summary>The addressed APIC with the lowest processor priority; among equals the first attached.</summary>
    private LocalApic? Arbitrate(LocalApic? sender, in ApicMessage message, ApicShorthand shorthand)
    {
        LocalApic? chosen = null;
        foreach (LocalApic apic in apics)
        {
            if (apic.AcceptsFixed && IsAddressed(apic, sender, message, shorthand)
                && (chosen is null || apic.ProcessorPriority < chosen.ProcessorPriority))
            {
                chosen = apic;
            }
        }

        return chosen;
    }
}
