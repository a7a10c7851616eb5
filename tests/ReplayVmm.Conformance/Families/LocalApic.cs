using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>The local APIC as cases use it: interrupts and NMIs that the processor sends to itself (SDM volume 3, chapter 11).</summary>
internal static class LocalApic
{
    /// <summary>A vector for <see cref="Send"/>.</summary>
    public const byte Low = 0x51, High = 0x71;
    /// <summary>For <see cref="Send"/>: an NMI.</summary>
    public const uint Nmi = 0x400;
    /// <summary>Command: to the processor that writes it.</summary>
    public const uint Self = 0x4_0000;
    /// <summary>Addresses of registers.</summary>
    public const uint TaskPriority = SystemSetup.Apic + 0x80, EndOfInterrupt = SystemSetup.Apic + 0xB0, Command = SystemSetup.Apic + 0x300;
    /// <summary>Addresses of the timer's registers: its entry in the local vector table, its start, its divider.</summary>
    public const uint TimerEntry = SystemSetup.Apic + 0x320, TimerStart = SystemSetup.Apic + 0x380, TimerDivider = SystemSetup.Apic + 0x3E0;

    private const uint Select = SystemSetup.IoApic, Window = SystemSetup.IoApic + 0x10, TimerPinLow = 0x14, TimerPinHigh = 0x15, Masked = 0x1_0000;
    private const byte TimerControl = 0x43, TimerCount = 0x40;
    private const uint Spurious = SystemSetup.Apic + 0xF0;
    private const uint Enabled = 0x1FF;

    /// <summary>The local APIC on, nothing in service, task priority 0.</summary>
    public static void PrepareApic(this CaseWriter c)
    {
        if (c.Mode == 64)
            c.UserPages();
        c.WriteApic(Spurious, Enabled);
        c.WriteApic(TaskPriority, 0);
        // Each end of interrupt ends one; cases leave at most a few.
        for (int i = 0; i < 4; i++)
            c.WriteApic(EndOfInterrupt, 0);
        c.PlainFlags();
    }

    /// <summary>Writes a register by its address; EBX is 0 afterwards.</summary>
    public static void WriteApic(this CaseWriter c, uint register, uint value)
    {
        // Addresses above 2 GiB are no displacements of 64-bit mode.
        c.A.mov(ebx, register);
        if (c.Mode == 64)
            c.A.mov(__dword_ptr[rbx], value);
        else
            c.A.mov(__dword_ptr[ebx], value);
        c.A.mov(ebx, 0);
    }

    /// <summary>Sends it, and lets machines that look only at jumps see it.</summary>
    public static void Send(this CaseWriter c, uint what)
    {
        // Only fixed interrupts have the shorthand "self"; destination 0 is this processor.
        c.WriteApic(Command, what == Nmi ? Nmi : Self | what);
        c.JumpOn();
        c.A.nop();
    }

    /// <summary>
    /// Sends an NMI, in whose handler, the place "nmi", what follows goes on: another NMI has been sent there, and waits. When it comes,
    /// that is the place "second".
    /// </summary>
    public static void InNmiWithAnother(this CaseWriter c)
    {
        c.Send(Nmi);
        c.A.nop();
        c.Done();
        c.Mark("nmi");
        c.A.inc(ecx);
        c.A.cmp(ecx, 2);
        c.A.je(c["second"]);
        c.WriteApic(Command, Nmi);
    }

    /// <summary>
    /// The 8254's channel 0, through pin 2 of the IO-APIC, sends NMIs from now on, each <paramref name="period"/> / 1.193182 microseconds.
    /// EAX and EBX are 0 afterwards.
    /// </summary>
    public static void TimerSendsNmis(this CaseWriter c, byte period)
    {
        if (c.Mode == 64)
            c.IoApicPage();
        c.WriteApic(Select, TimerPinHigh);
        c.WriteApic(Window, 0);
        c.WriteApic(Select, TimerPinLow);
        c.WriteApic(Window, Nmi);
        // Mode 2: a pulse each period.
        c.Out(TimerControl, 0x34);
        c.Out(TimerCount, period);
        c.Out(TimerCount, 0);
    }

    /// <summary>The end of that; EAX and EBX are 0 afterwards.</summary>
    public static void TimerIsQuiet(this CaseWriter c)
    {
        c.WriteApic(Select, TimerPinLow);
        c.WriteApic(Window, Masked);
        // Mode 0 without a count: it does not count.
        c.Out(TimerControl, 0x30);
    }

    /// <summary>A jump across a NOP: what follows is another block, wherever a machine ends its blocks.</summary>
    public static void JumpOn(this CaseWriter c)
    {
        c.A.jmp(c.A.@F);
        c.A.nop();
        c.A.AnonymousLabel();
    }

    private static void Out(this CaseWriter c, byte port, byte value)
    {
        c.A.mov(eax, value);
        c.A.@out(port, al);
        c.A.mov(eax, 0);
    }
}
