using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Guests that fit on a screen; what they print is known.</summary>
internal static class TinyGuests
{
    private const ushort Serial = 0x3F8, LineStatus = 0x3FD, Exit = 0xF4;
    private const byte Post = 0x80;
    private const int TimerVector = 0x20, TicksPerMillisecond = 1193;

    /// <summary>Ten instructions from power-on to power-off; prints <c>ok</c>.</summary>
    public static readonly TinyGuest Ten = TinyGuest.Assemble("ten-instructions", 16, a =>
    {
        a.mov(dx, Serial);
        a.mov(al, (sbyte)'o');
        a.@out(dx, al);
        a.mov(al, (sbyte)'k');
        a.@out(dx, al);
        a.mov(al, (sbyte)'\n');
        a.@out(dx, al);
        a.mov(al, 0);
        a.mov(dx, Exit);
        a.@out(dx, al);
    });

    /// <summary>Sleeps (HLT) through twenty interrupts of the 8254, a millisecond each, and prints a dot at each.</summary>
    public static readonly TinyGuest Ticks = TinyGuest.Assemble("timer-ticks", 16, (a, at) =>
    {
        Label sleep = a.CreateLabel();
        StartTimer(a, at["tick"]);
        a.xor(bx, bx);
        a.Label(ref sleep);
        a.hlt();
        a.cmp(bx, 20);
        a.jb(sleep);
        Leave(a);
        at.Mark(a, "tick");
        a.inc(bx);
        a.mov(dx, Serial);
        a.mov(al, (sbyte)'.');
        a.@out(dx, al);
        EndOfInterrupt(a);
    });

    /// <summary>Prompts, and echoes what is typed until <c>q</c>.</summary>
    public static readonly TinyGuest Echo = TinyGuest.Assemble("console-echo", 32, a =>
    {
        Label wait = a.CreateLabel();
        foreach (char c in "ready> ")
            Print(a, c);
        a.Label(ref wait);
        a.mov(dx, LineStatus);
        a.@in(al, dx);
        a.test(al, 1);
        a.je(wait);
        a.mov(dx, Serial);
        a.@in(al, dx);
        a.@out(dx, al);
        a.cmp(al, (sbyte)'q');
        a.jne(wait);
        Leave(a);
    });

    /// <summary>Draws eight words with RDRAND and eight with RDSEED in 64-bit mode; prints the low bits of each as a letter.</summary>
    public static readonly TinyGuest Entropy = TinyGuest.Assemble("entropy", 64, a =>
    {
        foreach (bool seed in (bool[])[false, true])
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 8);
            a.Label(ref again);
            if (seed)
                a.rdseed(rax);
            else
                a.rdrand(rax);
            a.and(eax, 15);
            a.add(eax, (sbyte)'a');
            a.mov(dx, Serial);
            a.@out(dx, al);
            a.dec(ecx);
            a.jne(again);
            Print(a, '\n');
        }

        Leave(a);
    });

    /// <summary>
    /// Device memory: reads the local APIC's version, lets its timer count down, writes <c>apic</c> into the text screen, reads it back.
    /// </summary>
    public static readonly TinyGuest DeviceMemory = TinyGuest.Assemble("device-memory", 32, a =>
    {
        const uint Apic = 0xFEE00000, Screen = 0xB8000;
        Label count = a.CreateLabel();
        a.mov(ebx, Apic);
        a.mov(__dword_ptr[ebx + 0xF0], 0x1FF);
        a.mov(eax, __dword_ptr[ebx + 0x30]);
        a.mov(dx, Post);
        a.@out(dx, eax);
        a.mov(__dword_ptr[ebx + 0x320], 0x10030);
        a.mov(__dword_ptr[ebx + 0x3E0], 0xB);
        a.mov(__dword_ptr[ebx + 0x380], 100);
        a.Label(ref count);
        a.cmp(__dword_ptr[ebx + 0x390], 0);
        a.jne(count);
        a.mov(esi, Screen);
        foreach (char c in "apic")
        {
            a.mov(__word_ptr[esi], (short)(0x700 | c));
            a.mov(ax, __word_ptr[esi]);
            a.add(esi, 2);
            a.mov(dx, Serial);
            a.@out(dx, al);
        }

        Leave(a);
    });

    /// <summary>Divides by zero, runs an undefined instruction, single-steps, and changes the instruction behind itself.</summary>
    public static readonly TinyGuest Faults = TinyGuest.Assemble("faults", 16, (a, at) =>
    {
        Label again = a.CreateLabel();
        a.xor(ax, ax);
        a.mov(ds, ax);
        a.mov(ss, ax);
        a.mov(sp, 0x7000);
        SetVector(a, 0, at["divide"]);
        SetVector(a, 1, at["step"]);
        SetVector(a, 6, at["undefined"]);
        a.xor(cx, cx);
        a.div(cl);
        a.ud2();
        a.pushf();
        a.pop(ax);
        a.or(ax, 0x100);
        a.push(ax);
        a.popf();
        a.nop();
        a.mov(cx, 3);
        a.mov(bx, at["patched"]);
        a.Label(ref again);
        a.nop();
        at.Mark(a, "patched");
        a.mov(al, (sbyte)'a');
        a.mov(dx, Serial);
        a.@out(dx, al);
        a.inc(__byte_ptr[bx + 1]);
        a.loop(again);
        Leave(a);
        at.Mark(a, "divide");
        SkipTwoBytes(a, 'D');
        at.Mark(a, "undefined");
        SkipTwoBytes(a, 'U');
        at.Mark(a, "step");
        Print(a, 'S');
        a.mov(bp, sp);
        a.and(__word_ptr[bp + 4], unchecked((short)~0x100));
        a.iret();
    });

    /// <summary>
    /// Never ends: ports, console, memory, entropy and timer interrupts, mixed. For recordings that are cut short.
    /// </summary>
    public static readonly TinyGuest Endless = TinyGuest.Assemble("endless", 16, (a, at) =>
    {
        Label loop = a.CreateLabel(), quiet = a.CreateLabel();
        StartTimer(a, at["tick"]);
        a.xor(ecx, ecx);
        a.mov(di, unchecked((short)0x8000));
        a.Label(ref loop);
        a.inc(ecx);
        a.mov(eax, ecx);
        a.@out(Post, al);
        a.mov(dx, LineStatus);
        a.@in(al, dx);
        a.mov(__dword_ptr[di], ecx);
        a.add(di, 4);
        a.or(di, unchecked((short)0x8000));
        a.test(cl, 0x3F);
        a.jne(quiet);
        a.rdrand(eax);
        a.and(al, 15);
        a.add(al, (sbyte)'a');
        a.mov(dx, Serial);
        a.@out(dx, al);
        a.test(cx, 0xFFF);
        a.jne(quiet);
        a.hlt();
        a.Label(ref quiet);
        a.jmp(loop);
        at.Mark(a, "tick");
        a.push(eax);
        EndOfInterrupt(a, restoreEax: true);
    });

    private static void Print(Assembler a, char c)
    {
        a.mov(dx, Serial);
        a.mov(al, (sbyte)c);
        a.@out(dx, al);
    }

    /// <summary>Ends the session with code 1.</summary>
    private static void Leave(Assembler a)
    {
        a.mov(al, 0);
        a.mov(dx, Exit);
        a.@out(dx, al);
    }

    private static void SetVector(Assembler a, int vector, short handler)
    {
        a.mov(ax, handler);
        a.mov(__word_ptr[vector * 4], ax);
        a.mov(__word_ptr[(vector * 4) + 2], ds);
    }

    private static void SkipTwoBytes(Assembler a, char mark)
    {
        Print(a, mark);
        a.mov(bp, sp);
        a.add(__word_ptr[bp], 2);
        a.iret();
    }

    /// <summary>Real mode: the 8259 pair at vector 20h with IRQ 0 alone, the 8254 at a tick a millisecond, interrupts on.</summary>
    private static void StartTimer(Assembler a, short handler)
    {
        a.cli();
        a.xor(ax, ax);
        a.mov(ds, ax);
        a.mov(ss, ax);
        a.mov(sp, 0x7000);
        SetVector(a, TimerVector, handler);
        foreach ((byte port, byte value) in (ReadOnlySpan<(byte, byte)>)
                 [(0x20, 0x11), (0x21, TimerVector), (0x21, 4), (0x21, 1), (0x21, 0xFE),
                  (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, 1), (0xA1, 0xFF),
                  (0x43, 0x34), (0x40, TicksPerMillisecond & 0xFF), (0x40, TicksPerMillisecond >> 8)])
        {
            a.mov(al, unchecked((sbyte)value));
            a.@out(port, al);
        }

        a.sti();
    }

    private static void EndOfInterrupt(Assembler a, bool restoreEax = false)
    {
        a.mov(al, 0x20);
        a.@out(0x20, al);
        if (restoreEax)
            a.pop(eax);
        a.iret();
    }
}
