using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The parts of the runtime that run in the family's own mode: interrupt entries, the common handler, and the start of a case.
/// </summary>
internal static class Stubs
{
    /// <summary>Bytes from one interrupt entry to the next.</summary>
    public const int EntrySize = 16;

    /// <summary>256 entries, each of which pushes its number and goes on at <paramref name="handler"/>.</summary>
    public static byte[] Entries(int mode, uint address, uint handler)
    {
        byte[] entries = new byte[256 * EntrySize];
        for (uint vector = 0; vector < 256; vector++)
        {
            var a = new Assembler(mode);
            // The 32-bit immediate for all, so that entries have one shape.
            a.AddInstruction(mode == 64
                ? Instruction.Create(Code.Pushq_imm32, (int)vector)
                : Instruction.Create(Code.Pushd_imm32, vector));
            a.jmp(handler);
            a.Bytes(address + (vector * EntrySize)).CopyTo(entries, (int)vector * EntrySize);
        }
        return entries;
    }

    /// <summary>Keeps registers and frame in the record and goes on at <paramref name="after"/>, in 32-bit code.</summary>
    public static byte[] Handler(int mode, uint address, uint after)
    {
        var a = new Assembler(mode);
        if (mode == 64)
            Handler64(a, after);
        else
            Handler32(a, after);
        return a.Bytes(address);
    }

    /// <summary>Enters the case whose start is in the record, by IRET, which also ends the blocking of NMIs; all registers 0.</summary>
    public static byte[] Go(int mode, uint address)
    {
        var a = new Assembler(mode);
        if (mode == 64)
        {
            a.mov(esp, Layout.CaseStack);
            a.push(Selectors.Data0);
            a.push((int)Layout.CaseStack);
            a.push(2);
            a.push(Selectors.Code0);
            a.push(__qword_ptr[Record.Start]);
            foreach (AssemblerRegister64 register in Registers64.Where(r => r != rsp))
                a.mov(register, 0);
            a.iretq();
        }
        else
        {
            a.mov(esp, Layout.CaseStack);
            a.push(2);
            a.push(Selectors.Code0);
            a.push(__dword_ptr[Record.Start]);
            foreach (AssemblerRegister32 register in Registers32.Where(r => r != esp))
                a.mov(register, 0);
            a.iretd();
        }
        return a.Bytes(address);
    }

    private static readonly AssemblerRegister32[] Registers32 = [eax, ecx, edx, ebx, esp, ebp, esi, edi];
    private static readonly AssemblerRegister64[] Registers64 =
        [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    private static void Handler32(Assembler a, uint after)
    {
        const int Pushed = 12 * 4, Frame = Pushed + 4;
        Label wide = a.CreateLabel();
        a.pushad();
        a.push(ds);
        a.push(es);
        a.push(fs);
        a.push(gs);
        a.mov(ax, Selectors.Data0);
        a.mov(ds, ax);
        a.mov(es, ax);
        // A 16-bit stack leaves the upper half of ESP as it was.
        a.mov(ax, ss);
        a.AddInstruction(Instruction.Create(Code.Lar_r32_r32m16, Register.EAX, Register.EAX));
        a.test(eax, 0x40_0000);
        a.jne(wide);
        a.movzx(esp, sp);
        a.Label(ref wide);
        a.cld();
        a.mov(ebp, esp);
        for (int i = 0; i < 4; i++)
        {
            a.movzx(eax, __word_ptr[ebp + (4 * (3 - i))]);
            a.mov(__dword_ptr[Record.Segments + (uint)(8 * i)], eax);
        }
        for (int i = 0; i < 8; i++)
        {
            a.mov(eax, __dword_ptr[ebp + (44 - (4 * i))]);
            a.mov(__dword_ptr[Record.Registers + (uint)(8 * i)], eax);
        }
        a.mov(eax, __dword_ptr[ebp + Pushed]);
        a.mov(__dword_ptr[Record.Vector], eax);
        a.lea(esi, __[ebp + Frame]);
        a.mov(__dword_ptr[Record.Stack], esi);
        FindDepth(a, 2);
        a.xor(ecx, ecx);
        Label next = a.CreateLabel();
        a.Label(ref next);
        a.mov(eax, __dword_ptr[ebp + (ecx * 4) + Frame]);
        a.mov(__dword_ptr[(ecx * 8) + Record.Frame], eax);
        a.inc(ecx);
        a.cmp(ecx, __dword_ptr[Record.Depth]);
        a.jb(next);
        a.mov(eax, cr2);
        a.mov(__dword_ptr[Record.Cr2], eax);
        a.mov(eax, dr6);
        a.mov(__dword_ptr[Record.Dr6], eax);
        a.mov(ax, Selectors.Data0);
        a.mov(ss, ax);
        a.mov(esp, Layout.RuntimeStack);
        a.jmp(after);
    }

    private static void Handler64(Assembler a, uint after)
    {
        a.mov(__qword_ptr[Record.Registers], rax);
        a.pop(rax);
        a.mov(__qword_ptr[Record.Vector], rax);
        for (uint i = 1; i < Registers64.Length; i++)
            a.mov(__qword_ptr[Record.Registers + (8 * i)], Registers64[i]);
        AssemblerRegisterSegment[] segments = [ds, es, fs, gs];
        for (uint i = 0; i < segments.Length; i++)
        {
            a.mov(eax, segments[i]);
            a.mov(__dword_ptr[Record.Segments + (8 * i)], eax);
        }
        a.cld();
        a.mov(__qword_ptr[Record.Stack], rsp);
        a.mov(esi, esp);
        FindDepth(a, 3);
        a.mov(edi, Record.Frame);
        a.mov(rsi, rsp);
        a.mov(ecx, __dword_ptr[Record.Depth]);
        a.rep.movsq();
        a.mov(rax, cr2);
        a.mov(__qword_ptr[Record.Cr2], rax);
        a.mov(rax, dr6);
        a.mov(__qword_ptr[Record.Dr6], rax);
        a.mov(esp, Layout.RuntimeStack);
        a.push(Selectors.CompatibilityCode0);
        a.push((int)after);
        a.AddInstruction(Instruction.Create(Code.Retfq));
    }

    /// <summary>Depth of the frame at ESI: up to the nearest top of a stack within 16 words, else 6 words.</summary>
    private static void FindDepth(Assembler a, byte shift)
    {
        Label found = a.CreateLabel();
        foreach (uint top in (uint[])[Layout.CaseStack, Layout.Ring0Stack, Layout.Ring1Stack, Layout.Ring2Stack])
        {
            Label other = a.CreateLabel();
            a.mov(ecx, top);
            a.sub(ecx, esi);
            a.jbe(other);
            a.shr(ecx, shift);
            a.cmp(ecx, Record.MostFrameWords);
            a.jbe(found);
            a.Label(ref other);
            a.nop();
        }
        a.mov(ecx, 6);
        a.Label(ref found);
        a.mov(__dword_ptr[Record.Depth], ecx);
    }
}
