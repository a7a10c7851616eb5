using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Stack instructions of a ring-3 program at the edges of its stack segment, and the limits of code segments.</summary>
internal static class StackLimitFamily
{
    private const ushort Chosen = Protection.Chosen;
    private const byte Stack = 0xF2, DownStack = 0xF6, UserCode = 0xFA;
    private const byte Wide = 4, Narrow = 0, Breakpoint = 0xCC;

    /// <summary>The family.</summary>
    public static Family Make() => new("stack-and-code-limits", 32, [.. Stacks(), .. Operands(), .. CodeEnds(), .. Wraps()]);

    private static IEnumerable<Case> Stacks()
    {
        (string Name, byte Access, uint Limit, byte Flags, uint[] Pointers)[] stacks =
        [
            ("limit FF", Stack, 0xFF, Wide, [0x100, 0xFC, 0xFD, 0xFE, 0x104, 0x20, 0x10, 4, 3, 2, 1, 0]),
            ("limit FF, 16-bit", Stack, 0xFF, Narrow, [0x100, 0xFE, 0x1_0100, 2, 1, 0, 0x1_0000]),
            ("limit FFFF, 16-bit", Stack, 0xFFFF, Narrow, [0, 1, 2, 3, 4, 0xFFFE, 0xFFFF, 0x5_0000, 0x5_0002]),
            ("down FF", DownStack, 0xFF, Wide, [0, 2, 0x100, 0x102, 0x104, 0x120]),
            ("down FF, 16-bit", DownStack, 0xFF, Narrow, [0, 2, 0x100, 0x102, 0x104, 0xFFFE, 0x1_0000]),
        ];
        foreach ((string name, byte access, uint limit, byte flags, uint[] pointers) in stacks)
        {
            foreach (uint pointer in pointers)
            {
                foreach ((string what, Action<CaseWriter> write) in Uses)
                {
                    yield return new($"{name}, ESP {pointer:X}: {what}", c =>
                    {
                        c.Describe(Chosen, DescriptorBits.Segment(access, Layout.Scratch + 0x1000, limit, flags));
                        c.Enter(3, 2, Chosen | 3, pointer);
                        write(c);
                        c.Mark("next");
                        c.Done();
                    });
                }
            }
        }
    }

    private static readonly (string Name, Action<CaseWriter> Write)[] Uses =
    [
        ("PUSH", c => c.Push(0x1234_5678)),
        ("PUSH of 16 bits", c => c.A.push(ax)),
        ("POP", c => c.A.pop(ecx)),
        ("CALL", c => c.A.db(0xE8, 0, 0, 0, 0)),
        ("PUSHA", c => c.A.pushad()),
        ("POPA", c => c.A.popad()),
        ("ENTER", c => c.A.enter(4, 0)),
        ("ENTER with a level", c =>
        {
            c.A.enter(4, 1);
            c.A.mov(edx, __dword_ptr.ss[bp - 4]);
        }),
        ("LEAVE", c =>
        {
            c.A.mov(ebp, esp);
            c.A.leave();
        }),
    ];

    private static IEnumerable<Case> Operands()
    {
        foreach (uint offset in (uint[])[0xFC, 0xFD, 0x100])
        {
            yield return OnStack($"[EBP] at {offset:X}", offset, c => c.A.mov(eax, __dword_ptr[ebp]));
            yield return OnStack($"[EBP + EAX * 2] at {offset:X}", offset, c => c.A.mov(eax, __dword_ptr[ebp + (eax * 2)]));
            yield return OnStack($"SS: prefix at {offset:X}", offset, c => c.A.mov(eax, __dword_ptr.ss[ebx]));
            yield return OnStack($"[ESP] at {offset:X}", offset, c =>
            {
                c.A.mov(esp, ebp);
                c.A.mov(eax, __dword_ptr[esp]);
            });
            yield return OnStack($"store to [BP] at {offset:X}", offset, c => c.A.mov(__word_ptr[bp], ax));
            yield return OnStack($"POP to memory at {offset:X}", offset, c =>
            {
                c.A.mov(esp, ebp);
                c.A.pop(__dword_ptr.ds[Layout.Scratch]);
            });
            yield return OnStack($"ENTER with a level, frame at {offset:X}", offset, c =>
            {
                c.A.mov(esp, 0x80);
                c.A.enter(0, 2);
            });
        }
        foreach (uint most in (uint[])[0xFE, 0xFF, 0x102, 0x103, 0x106, 0x107])
        {
            yield return OnStack($"RET up to {most:X}", 0xFC, c => Return(c, a => a.ret()), most);
            yield return OnStack($"RETF up to {most:X}", 0xFC, c => Return(c, a => a.retf()), most);
            yield return OnStack($"IRET up to {most:X}", 0xFC, c => Return(c, a => a.iretd()), most);
        }
    }

    private static void Return(CaseWriter c, Action<Assembler> write)
    {
        c.A.mov(esp, ebp);
        write(c.A);
    }

    private static Case OnStack(string name, uint offset, Action<CaseWriter> write, uint limit = 0xFF) => new(name, c =>
    {
        c.Describe(Chosen, DescriptorBits.Segment(Stack, Layout.Scratch + 0x1000, limit, Wide));
        c.Poke(Layout.Scratch + 0x10FC, c["next"]);
        c.Poke(Layout.Scratch + 0x1100, Selectors.Code3);
        c.Poke(Layout.Scratch + 0x1104, 2);
        c.Enter(3, 2, Chosen | 3, 0x80);
        c.A.mov(ebp, (int)offset);
        c.A.mov(ebx, (int)offset);
        write(c);
        c.Mark("next");
        c.Done();
    });

    /// <summary>Instructions that reach, end at, or are jumped to beyond the limit of a code segment.</summary>
    private static IEnumerable<Case> CodeEnds()
    {
        byte[] sled = [0x90, 0x90, 0x90, 0x90, 0xB8, 0x78, 0x56, 0x34, 0x12, 0xCD, CaseWriter.DoneVector];
        foreach (uint limit in (uint[])[2, 3, 4, 7, 8, 9, 10, 11])
            yield return InCode($"runs up to a limit of {limit:X}", limit, 0, sled);
        yield return InCode("JMP to the limit", 0xFF, 0, [0xE9, 0xFA, 0, 0, 0], (0xFF, 0x90));
        yield return InCode("JMP over the limit", 0xFF, 0, [0xE9, 0xFB, 0, 0, 0]);
        yield return InCode("short JMP over the limit", 0x3F, 0, [0xEB, 0x3E]);
        yield return InCode("JMP below 0", 0xFF, 0, [0xE9, 0xFA, 0xFF, 0xFF, 0xFF]);
        yield return InCode("JMP of 16 bits wraps", 0xFF, 0, [0x66, 0xE9, 0xFA, 0xFF]);
        yield return InCode("Jcc taken over the limit", 0xFF, 0, [0x0F, 0x85, 0, 1, 0, 0]);
        yield return InCode("Jcc not taken over the limit", 0xFF, 0, [0x0F, 0x84, 0, 1, 0, 0, 0xCD, CaseWriter.DoneVector]);
        yield return InCode("LOOP over the limit", 0x3F, 0, [0xE2, 0x7E]);
        yield return InCode("JECXZ over the limit", 0x3F, 0, [0xE3, 0x7E]);
        yield return InCode("CALL over the limit", 0xFF, 0, [0xE8, 0, 1, 0, 0]);
        yield return InCode("CALL EBX over the limit", 0xFF, 0, [0xBB, 0, 1, 0, 0, 0xFF, 0xD3]);
        yield return InCode("JMP EBX over the limit", 0xFF, 0, [0xBB, 0, 1, 0, 0, 0xFF, 0xE3]);
        yield return InCode("RET over the limit", 0xFF, 0, [0x68, 0, 1, 0, 0, 0xC3]);
        yield return InCode("RET imm16 over the limit", 0xFF, 0, [0x68, 0, 1, 0, 0, 0xC2, 8, 0]);
        yield return InCode("undefined opcode cut off by the limit", 1, 0, [0x0F, 0xFF, 0xC0]);
        yield return InCode("long instruction cut off by the limit", 9, 0, [0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90]);
        yield return InCode("16 bytes of instruction", 0xFF, 0,
            [0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90]);
        yield return InCode("15 bytes of instruction", 0xFF, 0,
            [0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90, 0xCD, CaseWriter.DoneVector]);
        yield return InCode("undefined opcode of 16 bytes", 0xFF, 0,
            [0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x0F, 0x0B]);
    }

    /// <summary>EIP at the end of 4 GiB and IP at the end of 64 KiB.</summary>
    private static IEnumerable<Case> Wraps()
    {
        byte[] done = [0xCD, CaseWriter.DoneVector];
        (string Name, byte[] Bytes)[] instructions =
        [
            ("NOP", [0x90]), ("JE not taken", [0x74, 0x10]), ("JE near not taken", [0x0F, 0x84, 0x10, 0, 0, 0]),
            ("LOOP not taken", [0xE2, 0x10]), ("JECXZ taken", [0xE3, 0]), ("JMP", [0xEB, 0]), ("MOV", [0xB8, 1, 2, 3, 4]),
            ("INT3", [0xCC]), ("CALL", [0xE8, 0, 0, 0, 0]), ("UD2", [0x0F, 0x0B]), ("PUSHF", [0x9C]), ("CPUID", [0x0F, 0xA2]),
            ("STC and JB taken", [0xF9, 0x72, 0]), ("STC and JAE not taken", [0xF9, 0x73, 4]),
        ];
        foreach ((string name, byte[] bytes) in instructions)
        {
            byte[] code = [.. bytes, .. name == "CPUID" ? (byte[])[0x31, 0xC0, 0x31, 0xC9, 0x31, 0xD2, 0x31, 0xDB] : [], .. done];
            yield return InCode($"4 GiB: {name}", uint.MaxValue, (uint)-bytes.Length, code);
        }
        yield return InCode("4 GiB: MOV across", uint.MaxValue, 0xFFFF_FFFD, [0xB8, 1, 2, 3, 4, .. done]);
        yield return InCode("64 KiB: NOP at the limit", 0xFFFF, 0xFFFF, [0x90, .. done]);
        yield return InCode("64 KiB: MOV across the limit", 0xFFFF, 0xFFFD, [0xB8, 1, 2, 3, 4, .. done]);
        yield return InCode("64 KiB, 16-bit: NOP at the limit", 0xFFFF, 0xFFFF, [0x90, .. done], narrow: true);
        yield return InCode("64 KiB, 16-bit: JE not taken at the limit", 0xFFFF, 0xFFFE, [0x74, 0x10, .. done], narrow: true);
        yield return InCode("64 KiB, 16-bit: JMP wraps", 0xFFFF, 0xFFFC, [0xEB, 2, 0x90, 0x90, .. done], narrow: true);
        yield return InCode("64 KiB, 16-bit: MOV across the limit", 0xFFFF, 0xFFFE, [0xB8, 1, 2, .. done], narrow: true);
        yield return InCode("64 KiB, 16-bit: CALL at the limit", 0xFFFF, 0xFFFD, [0xE8, 0, 0, .. done], narrow: true);
    }

    /// <summary>Ring-3 code of the given bytes in a segment that starts in the middle of the scratch area.</summary>
    private static Case InCode(string name, uint limit, uint entry, byte[] bytes, (uint Offset, byte Value)? more = null, bool narrow = false) =>
        new(name, c =>
        {
            const uint Start = Layout.Scratch + 0x2000;
            bool pages = limit > Protection.MostLimit;
            c.Describe(Chosen, DescriptorBits.Segment(
                UserCode, Start, pages ? Protection.MostLimit : limit, (byte)((pages ? 8 : 0) | (narrow ? 0 : 4))));
            // Where limits are not checked, the program ends soon.
            c.A.mov(edi, Layout.Scratch);
            c.A.mov(ecx, Layout.ScratchSize);
            c.A.mov(al, unchecked((sbyte)Breakpoint));
            c.A.rep.stosb();
            c.A.mov(edi, 0);
            c.A.mov(eax, 0);
            for (uint n = 0; n < bytes.Length; n++)
            {
                uint offset = narrow ? (ushort)(entry + n) : entry + n;
                c.A.mov(__byte_ptr[Start + offset], bytes[n]);
            }
            if (narrow)
                c.Poke(Start + 0x1_0000, 0xCCCC_CCCC);
            if (more is { } extra)
                c.A.mov(__byte_ptr[Start + extra.Offset], extra.Value);
            c.A.mov(ecx, 1);
            c.Push(Selectors.Data3);
            c.Push(Layout.UserStack);
            c.Push(2);
            c.Push(Chosen | 3);
            c.Push(entry);
            if (name.Contains("JECXZ", StringComparison.Ordinal))
                c.A.mov(ecx, 0);
            c.A.iretd();
        });
}
