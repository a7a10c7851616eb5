using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The 32-bit part of a conformance guest: makes the environment of each case, enters it, and prints the record that it left. In 64-bit guests it
/// runs in compatibility mode. Needs no interrupts and no BIOS.
/// </summary>
/// <param name="mode">The family's mode.</param>
/// <param name="places">Where the rest of the image lies.</param>
internal sealed class RuntimeCode(int mode, RuntimePlaces places)
{
    private const ushort Serial = 0x3F8, LineStatus = 0x3FD, DebugExit = 0xF4, BochsShutdown = 0x8900;
    private const uint Protected = 0x11, ProtectedPaged = 0x8000_0011, Pae = 0x20, Global = 0x80, Efer = 0xC000_0080, LongMode = 0x100;

    private readonly Assembler a = new(32);
    private Label printByte, printHex, printText, printWord;

    /// <summary>The code. Its first instruction starts the guest; <see cref="RuntimePlaces.After"/> is where a case ends.</summary>
    public byte[] Assemble()
    {
        Label start = a.CreateLabel(), after = a.CreateLabel(), next = a.CreateLabel();
        (printByte, printHex, printText, printWord) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
        a.Label(ref start);
        Start();
        a.Label(ref next);
        Next();
        a.Label(ref after);
        After(next);
        Printing();
        using var stream = new MemoryStream();
        const int Jump = 5;
        uint body = places.Runtime + (2 * Jump);
        AssemblerResult result = a.Assemble(new StreamCodeWriter(stream), body, BlockEncoderOptions.ReturnNewInstructionOffsets);
        return [.. JumpTo(result.GetLabelRIP(start), places.Runtime), .. JumpTo(result.GetLabelRIP(after), places.After), .. stream.ToArray()];
    }

    /// <summary>A near jump of five bytes, whatever the distance.</summary>
    private static byte[] JumpTo(ulong target, uint from)
    {
        const int Length = 5;
        return [0xE9, .. BitConverter.GetBytes((uint)target - from - Length)];
    }

    private void Start()
    {
        a.cli();
        a.cld();
        a.mov(esp, Layout.RuntimeStack);
        Out(0x21, 0xFF);
        Out(0xA1, 0xFF);
        a.mov(dx, Serial + 1);
        a.xor(eax, eax);
        a.@out(dx, al);
        a.mov(dx, Serial + 3);
        a.mov(al, 3);
        a.@out(dx, al);
        a.mov(__dword_ptr[Record.Case], 0);
        if (mode == 64)
            EnterLongMode();
    }

    /// <summary>Two levels of tables and one of 2 MiB pages; then compatibility mode.</summary>
    private void EnterLongMode()
    {
        Label page = a.CreateLabel();
        Fill(Layout.RuntimePageTables, 0x3000);
        a.mov(__dword_ptr[Layout.RuntimePageTables], Layout.RuntimePageTables + 0x1003);
        a.mov(__dword_ptr[Layout.RuntimePageTables + 0x1000], Layout.RuntimePageTables + 0x2003);
        a.xor(ecx, ecx);
        a.mov(eax, 0x83);
        a.Label(ref page);
        a.mov(__dword_ptr[(ecx * 8) + Layout.RuntimePageTables + 0x2000], eax);
        a.add(eax, 0x20_0000);
        a.inc(ecx);
        a.cmp(ecx, 512);
        a.jne(page);
        a.mov(eax, Layout.RuntimePageTables);
        a.mov(cr3, eax);
        a.mov(eax, Pae);
        a.mov(cr4, eax);
        WriteEfer();
        a.mov(eax, ProtectedPaged);
        a.mov(cr0, eax);
    }

    private void WriteEfer()
    {
        a.mov(ecx, Efer);
        a.xor(edx, edx);
        a.mov(eax, mode == 64 ? LongMode : 0);
        a.wrmsr();
    }

    /// <summary>The next case, or the end.</summary>
    private void Next()
    {
        Label more = a.CreateLabel();
        a.mov(eax, __dword_ptr[Record.Case]);
        a.cmp(eax, places.Count);
        a.jb(more);
        Finish();
        a.Label(ref more);
        Reset();
        a.mov(eax, __dword_ptr[Record.Case]);
        a.shl(eax, 4);
        a.mov(ecx, __dword_ptr[eax + places.Cases + 4]);
        a.mov(__dword_ptr[Record.Start], ecx);
        a.mov(ecx, __dword_ptr[eax + places.Cases + 8]);
        a.mov(__dword_ptr[Record.End], ecx);
        a.push(Selectors.Code0);
        a.push((int)places.Go);
        a.retf();
    }

    private void Reset()
    {
        if (mode == 64)
        {
            // In the order that is allowed from wherever the case left: paging stays on.
            a.mov(eax, Layout.RuntimePageTables);
            a.mov(cr3, eax);
            a.mov(eax, ProtectedPaged);
            a.mov(cr0, eax);
        }
        else
        {
            a.mov(eax, Protected);
            a.mov(cr0, eax);
            a.xor(eax, eax);
            a.mov(cr3, eax);
        }
        WriteEfer();
        // A change of CR4.PGE empties the TLB of global translations too.
        a.mov(eax, Global | (mode == 64 ? Pae : 0));
        a.mov(cr4, eax);
        a.and(al, 0x7F);
        a.mov(cr4, eax);
        a.xor(eax, eax);
        a.mov(cr2, eax);
        a.mov(dr7, eax);
        a.mov(eax, 0xFFFF_0FF0);
        a.mov(dr6, eax);

        Fill(Layout.Ldt, 0x1000);
        Fill(Layout.OtherTss, 0x3000);
        Fill(Layout.Stacks, Layout.StacksSize - 0x1000);
        Fill(Layout.Scratch, Layout.ScratchSize);
        Fill(Layout.Low, 0x1000);
        Copy(places.Tables, Layout.Gdt, 0x2000);
        Copy(places.Tables + 0x2000, Layout.Tss, 0x1000);
        a.lgdt(__[places.GdtPointer]);
        a.lidt(__[places.IdtPointer]);
        a.xor(eax, eax);
        a.lldt(ax);
        a.mov(ax, Selectors.Tss);
        a.ltr(ax);
        a.push(mode == 64 ? Selectors.CompatibilityCode0 : Selectors.Code0);
        Label here = a.CreateLabel();
        a.call(here);
        a.Label(ref here);
        // From the return address to the instruction behind the far return: ADD [m8], imm8 is 4 bytes, RETF one.
        a.add(__dword_ptr[esp], 5);
        a.retf();
        a.mov(ax, Selectors.Data0);
        foreach (AssemblerRegisterSegment segment in (AssemblerRegisterSegment[])[ds, es, ss, fs, gs])
            a.mov(segment, ax);
    }

    private void After(Label next)
    {
        a.xor(eax, eax);
        a.mov(dr7, eax);
        a.mov(ax, Selectors.Data0);
        foreach (AssemblerRegisterSegment segment in (AssemblerRegisterSegment[])[ds, es, ss])
            a.mov(segment, ax);

        a.mov(eax, __dword_ptr[Record.Case]);
        a.shl(eax, 4);
        a.lea(ebp, __[eax + places.Cases]);
        a.mov(esi, __dword_ptr[ebp]);
        a.call(printText);
        Print("\tv");
        a.mov(edi, Record.Vector);
        a.call(printWord);
        Print("\tf");
        PrintFrame();
        string[] names = mode == 64
            ? ["a", "c", "d", "b", "", "bp", "si", "di", "8", "9", "10", "11", "12", "13", "14", "15"]
            : ["a", "c", "d", "b", "", "bp", "si", "di"];
        for (uint i = 0; i < names.Length; i++)
        {
            if (names[i].Length > 0)
                PrintIfNot(0, $"\t{names[i]}=", Record.Registers + (8 * i));
        }
        string[] segments = ["ds", "es", "fs", "gs"];
        for (uint i = 0; i < segments.Length; i++)
            PrintIfNot(Selectors.Data0, $"\t{segments[i]}=", Record.Segments + (8 * i));
        PrintIfNot(0, "\tcr2=", Record.Cr2);
        PrintIfNot(0xFFFF_0FF0, "\tdr6=", Record.Dr6);
        PrintProbes();
        Print("\n");
        a.inc(__dword_ptr[Record.Case]);
        a.jmp(next);
    }

    private void PrintFrame()
    {
        Label word = a.CreateLabel(), first = a.CreateLabel();
        a.xor(ebx, ebx);
        a.Label(ref word);
        a.test(ebx, ebx);
        a.je(first);
        Print(",");
        a.Label(ref first);
        a.lea(edi, __[(ebx * 8) + Record.Frame]);
        a.call(printWord);
        a.inc(ebx);
        a.cmp(ebx, __dword_ptr[Record.Depth]);
        a.jb(word);
    }

    private void PrintProbes()
    {
        Label probe = a.CreateLabel(), none = a.CreateLabel();
        a.mov(ebx, __dword_ptr[ebp + 12]);
        a.Label(ref probe);
        a.mov(ecx, __dword_ptr[ebx]);
        a.jecxz(none);
        a.mov(eax, __dword_ptr[ecx]);
        // A slot of its own: words of memory are printed like registers.
        a.mov(__dword_ptr[Record.Probe], eax);
        a.mov(__dword_ptr[Record.Probe + 4], 0);
        Print("\tm");
        a.mov(edi, Record.Probe);
        a.call(printWord);
        a.add(ebx, 4);
        a.jmp(probe);
        a.Label(ref none);
        a.nop();
    }

    private void PrintIfNot(uint usual, string name, uint slot)
    {
        Label print = a.CreateLabel(), done = a.CreateLabel();
        a.cmp(__dword_ptr[slot], usual);
        a.jne(print);
        if (mode == 64)
            a.cmp(__dword_ptr[slot + 4], 0);
        a.je(done);
        a.Label(ref print);
        Print(name);
        a.mov(edi, slot);
        a.call(printWord);
        a.Label(ref done);
        a.nop();
    }

    /// <summary>Subroutines; none keeps EAX, ECX, EDX or EDI, and ESI only where it says so.</summary>
    private void Printing()
    {
        Label wait = a.CreateLabel(), textEnd = a.CreateLabel(), absolute = a.CreateLabel(), low = a.CreateLabel(), half = a.CreateLabel();
        Label digit = a.CreateLabel(), skip = a.CreateLabel(), show = a.CreateLabel();

        // printByte: AL.
        a.Label(ref printByte);
        a.push(eax);
        a.mov(dx, LineStatus);
        a.Label(ref wait);
        a.@in(al, dx);
        a.test(al, 0x20);
        a.je(wait);
        a.pop(eax);
        a.mov(dx, Serial);
        a.@out(dx, al);
        a.ret();

        // printText: zero-terminated, at ESI.
        a.Label(ref printText);
        a.lodsb();
        a.test(al, al);
        a.je(textEnd);
        a.call(printByte);
        a.jmp(printText);
        a.Label(ref textEnd);
        a.ret();

        // printWord: the slot at EDI; relative to the case where its lower half lies in it (the upper half may be a selector).
        a.Label(ref printWord);
        a.mov(eax, __dword_ptr[edi + 4]);
        if (mode == 32)
            a.xor(eax, eax);
        a.test(eax, eax);
        a.je(low);
        a.push(__dword_ptr[edi]);
        a.xor(ecx, ecx);
        a.call(printHex);
        a.pop(eax);
        a.mov(ecx, 1);
        a.jmp(half);
        a.Label(ref low);
        a.mov(eax, __dword_ptr[edi]);
        a.xor(ecx, ecx);
        a.Label(ref half);
        a.cmp(eax, __dword_ptr[Record.Start]);
        a.jb(absolute);
        a.cmp(eax, __dword_ptr[Record.End]);
        a.ja(absolute);
        a.sub(eax, __dword_ptr[Record.Start]);
        a.push(eax);
        a.mov(al, (sbyte)'+');
        a.call(printByte);
        a.pop(eax);
        a.xor(ecx, ecx);
        a.Label(ref absolute);
        a.nop();

        // printHex: EAX; ECX other than 0 for leading zeros.
        a.Label(ref printHex);
        a.push(esi);
        a.mov(esi, 8);
        a.mov(edi, eax);
        a.Label(ref digit);
        a.rol(edi, 4);
        a.mov(eax, edi);
        a.and(eax, 15);
        a.or(ecx, eax);
        a.dec(esi);
        a.jne(skip);
        a.inc(ecx);
        a.Label(ref skip);
        a.test(ecx, ecx);
        a.je(show);
        a.cmp(al, 10);
        a.sbb(al, 0x69);
        a.das();
        a.or(al, 0x20);
        a.call(printByte);
        a.Label(ref show);
        a.test(esi, esi);
        a.jne(digit);
        a.pop(esi);
        a.ret();
    }

    /// <summary>The end: Bochs stops at its shutdown port, other machines at isa-debug-exit.</summary>
    private void Finish()
    {
        Label stop = a.CreateLabel(), sending = a.CreateLabel();
        Print("end\n");
        // Until the last byte has left: what comes next ends the machine at once.
        a.mov(dx, LineStatus);
        a.Label(ref sending);
        a.@in(al, dx);
        a.test(al, 0x40);
        a.je(sending);
        a.mov(dx, unchecked((short)BochsShutdown));
        foreach (char c in "Shutdown")
        {
            a.mov(al, (sbyte)c);
            a.@out(dx, al);
        }
        a.mov(dx, DebugExit);
        a.xor(eax, eax);
        a.@out(dx, al);
        a.Label(ref stop);
        a.hlt();
        a.jmp(stop);
    }

    private void Print(string text)
    {
        foreach (char c in text)
        {
            a.mov(al, (sbyte)c);
            a.call(printByte);
        }
    }

    private void Out(byte port, byte value)
    {
        a.mov(al, unchecked((sbyte)value));
        a.@out(port, al);
    }

    private void Fill(uint address, uint bytes)
    {
        a.xor(eax, eax);
        a.mov(edi, address);
        a.mov(ecx, bytes / 4);
        a.rep.stosd();
    }

    private void Copy(uint from, uint to, uint bytes)
    {
        a.mov(esi, from);
        a.mov(edi, to);
        a.mov(ecx, bytes / 4);
        a.rep.movsd();
    }
}
