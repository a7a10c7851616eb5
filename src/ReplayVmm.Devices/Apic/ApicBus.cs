namespace ReplayVmm.Devices;

/// <summary>Routes messages among the local APICs of a machine, in the order they were attached.</summary>
public sealed class ApicBus : IApicBus
{
    private readonly List<LocalApic> apics = [];

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
            Arbitrate(sender, message, shorthand)?.Accept(message);
            return;
        }

        foreach (LocalApic apic in apics)
        {
            if (IsAddressed(apic, sender, message, shorthand))
                apic.Accept(message);
        }
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
