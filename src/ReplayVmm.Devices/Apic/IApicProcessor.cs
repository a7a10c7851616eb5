namespace ReplayVmm.Devices;

/// <summary>The processor behind a local APIC: what reaches it without a vector.</summary>
public interface IApicProcessor
{
    /// <summary>A non-maskable interrupt becomes pending.</summary>
    void RaiseNmi();

    /// <summary>A system management interrupt becomes pending.</summary>
    void RaiseSmi();

    /// <summary>INIT: the processor resets and waits for a start-up; it calls <see cref="LocalApic.Init"/> when it does.</summary>
    void RaiseInit();

    /// <summary>Start-up: a processor that waits for it starts in real mode at <paramref name="vector"/> x 1000h.</summary>
    void RaiseStartUp(byte vector);
}
