using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>The runtime's printer: a case's line on the serial port, from the record that it left. 32-bit code.</summary>
/// <param name="a">Where to write.</param>
/// <param name="mode">The family's mode: how wide registers are.</param>
internal sealed class RecordPrinter(Assembler a, int mode)
{
    /// <summary>The serial port's data register.</summary>
    public const ushort Serial = 0x3F8;
    /// <summary>Its line status register.</summary>
    public const ushort LineStatus = 0x3FD;

    private Label printByte = a.CreateLabel(), printHex = a.CreateLabel(), printText = a.CreateLabel(), printWord = a.CreateLabel();

    /// <summary>The line of the case whose number is in the record.</summary>
    /// <param name="cases">Address of the list of cases.</param>
    public void Line(uint cases)
    {
        a.mov(eax, __dword_ptr[Record.Case]);
        a.shl(eax, 4);
        a.lea(ebp, __[eax + cases]);
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
    }

    /// <summary>Text that is known.</summary>
    public void Print(string text)
    {
        foreach (char c in text)
        {
            a.mov(al, (sbyte)c);
            a.call(printByte);
        }
    }

    /// <summary>Subroutines; none keeps EAX, ECX, EDX or EDI, and ESI only where it says so.</summary>
    public void Subroutines()
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
}
