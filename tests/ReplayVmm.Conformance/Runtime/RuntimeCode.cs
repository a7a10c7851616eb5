using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The 32-bit part of a conformance guest: makes the environment of each case, enters it, and prints the record that it left. In 64-bit
/// guests it runs in compatibility mode. Needs no interrupts and no BIOS.
/// </summary>
internal sealed class RuntimeCode
{
    private const ushort DebugExit = 0xF4, BochsShutdown = 0x8900;
    private const uint Protected = 0x11, ProtectedPaged = 0x8000_0011, Pae = 0x20, Global = 0x80, LongMode = 0x100;

    private readonly int mode;
    private readonly RuntimePlaces places;
    private readonly Assembler a = new(32);
    private readonly RecordPrinter printer;

    /// <summary>A runtime.</summary>
    /// <param name="mode">The family's mode.</param>
    /// <param name="places">Where the rest of the image lies.</param>
    public RuntimeCode(int mode, RuntimePlaces places)
    {
        (this.mode, this.places) = (mode, places);
        printer = new RecordPrinter(a, mode);
    }

    /// <summary>The code. Its first instruction starts the guest; <see cref="RuntimePlaces.After"/> is where a case ends.</summary>
    public byte[] Assemble()
    {
        Label start = a.CreateLabel(), after = a.CreateLabel(), next = a.CreateLabel();
        a.Label(ref start);
        Start();
        a.Label(ref next);
        Next();
        a.Label(ref after);
        After(next);
        printer.Subroutines();
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
        a.mov(dx, RecordPrinter.Serial + 1);
        a.xor(eax, eax);
        a.@out(dx, al);
        a.mov(dx, RecordPrinter.Serial + 3);
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
        a.mov(ecx, Msr.Efer);
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

        printer.Line(places.Cases);
        a.inc(__dword_ptr[Record.Case]);
        a.jmp(next);
    }

    /// <summary>The end: Bochs stops at its shutdown port, other machines at isa-debug-exit.</summary>
    private void Finish()
    {
        Label stop = a.CreateLabel(), sending = a.CreateLabel();
        printer.Print("end\n");
        // Until the last byte has left: what comes next ends the machine at once.
        a.mov(dx, RecordPrinter.LineStatus);
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
