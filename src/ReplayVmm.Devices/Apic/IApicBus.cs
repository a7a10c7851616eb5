namespace ReplayVmm.Devices;

/// <summary>What connects local APICs with each other and with IO-APICs.</summary>
public interface IApicBus
{
    /// <summary>Delivers an interprocessor interrupt of <paramref name="sender"/>.</summary>
    void Send(LocalApic sender, in ApicMessage message, ApicShorthand shorthand);

    /// <summary>A level-triggered interrupt has ended: IO-APICs whose entry has <paramref name="vector"/> clear its remote IRR.</summary>
    void EndOfInterrupt(byte vector);
}
