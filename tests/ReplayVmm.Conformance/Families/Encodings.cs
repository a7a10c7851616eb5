using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// What makes an instruction none: LOCK where it may not be, more than 15 bytes, opcodes that 64-bit mode lacks (SDM volume 2, 2.1 and
/// 2.2).
/// </summary>
internal static class Encodings
{
    /// <summary>In the mode of <paramref name="mode"/> bits.</summary>
    public static IEnumerable<Case> Make(int mode) => [.. Locked(), .. Lengths(mode)];

    private static IEnumerable<Case> Locked()
    {
        (string Name, byte[] Code)[] rows =
        [
            ("MOV [EDI], EAX", [0x89, 0x07]), ("ADD EAX, EAX", [0x01, 0xC0]), ("ADD EAX, [EDI]", [0x03, 0x07]),
            ("ADD [EDI], EAX", [0x01, 0x07]), ("CMP [EDI], EAX", [0x39, 0x07]), ("TEST [EDI], EAX", [0x85, 0x07]),
            ("XCHG [EDI], EAX", [0x87, 0x07]), ("XCHG EAX, EAX", [0x87, 0xC0]), ("BT [EDI], EAX", [0x0F, 0xA3, 0x07]),
            ("BTS [EDI], EAX", [0x0F, 0xAB, 0x07]), ("BTS EAX, EAX", [0x0F, 0xAB, 0xC0]), ("NOT [EDI]", [0xF7, 0x17]),
            ("MUL [EDI]", [0xF7, 0x27]), ("INC [EDI]", [0xFF, 0x07]), ("PUSH [EDI]", [0xFF, 0x37]),
            ("CMPXCHG [EDI], ECX", [0x0F, 0xB1, 0x0F]), ("CMPXCHG8B [EDI]", [0x0F, 0xC7, 0x0F]), ("XADD [EDI], EAX", [0x0F, 0xC1, 0x07]),
            ("NOP", [0x90]), ("CLI", [0xFA]), ("MOV EAX, CR0", [0x0F, 0x20, 0xC0]), ("INT3", [0xCC]), ("LGDT [EDI]", [0x0F, 0x01, 0x17]),
            ("SHL [EDI], 1", [0xD1, 0x27]), ("MOVSB", [0xA4]), ("FNOP", [0xD9, 0xD0]), ("SUB [EDI], imm8", [0x83, 0x2F, 0x01]),
            ("CMP [EDI], imm8", [0x83, 0x3F, 0x01]), ("BTC [EDI], imm8", [0x0F, 0xBA, 0x3F, 1]), ("BT [EDI], imm8", [0x0F, 0xBA, 0x27, 1]),
        ];
        foreach ((string name, byte[] code) in rows)
        {
            foreach (int ring in (int[])[0, 3])
            {
                yield return new($"LOCK {name}, CPL {ring}", c =>
                {
                    c.A.mov(edi, Layout.Scratch);
                    c.A.mov(esi, Layout.Scratch);
                    c.RingWithData(ring);
                    c.A.db(0xF0);
                    c.Raw(code);
                    c.A.mov(eax, 0);
                    c.PlainFlags();
                    c.Done();
                })
                {
                    NotOn = name == "BTS EAX, EAX" ? ["QEMU"] : [],
                };
            }
        }
    }

    private static IEnumerable<Case> Lengths(int mode)
    {
        foreach (int length in (int[])[14, 15, 16])
        {
            yield return new($"NOP of {length} bytes", c =>
            {
                c.Raw([.. Enumerable.Repeat((byte)0x2E, length - 1), 0x90]);
                c.Done();
            });
            yield return new(
                $"an undefined opcode of {length} bytes", c => c.Raw([.. Enumerable.Repeat((byte)0x2E, length - 2), 0x0F, 0x0B]));
            yield return new($"MOV EAX, imm32 of {length} bytes", c =>
            {
                c.Raw([.. Enumerable.Repeat((byte)0x3E, length - 5), 0xB8, 1, 0, 0, 0]);
                c.Done();
            });
        }
        yield return new("instruction of 16 bytes with LOCK", c => c.Raw([0xF0, .. Enumerable.Repeat((byte)0x3E, 14), 0x90]));
        if (mode == 64)
        {
            foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
                [
                    ("REX before 66h does not count", [0x48, 0x66, 0x0F, 0x20, 0xC1]), ("MOV from CR8 by REX.R", [0x44, 0x0F, 0x20, 0xC1]),
                    ("MOV from CR8 by LOCK", [0xF0, 0x0F, 0x20, 0xC1]), ("MOV from CR9", [0x44, 0x0F, 0x20, 0xC9]),
                    ("MOV from CR0 to R9", [0x41, 0x0F, 0x20, 0xC1]), ("INVLPG with REX.W", [0x48, 0x0F, 0x01, 0x38]),
                    ("CLI with REX", [0x4F, 0xFA]), ("LAHF", [0x9F]), ("SAHF", [0x9E]), ("PUSHAD", [0x60]), ("AAA", [0x37]),
                    ("DAS", [0x2F]), ("SALC", [0xD6]), ("opcode 82h", [0x82, 0xC0, 0]), ("ARPL is MOVSXD", [0x63, 0xC1]),
                ])
            {
                yield return new(name, c =>
                {
                    c.Raw(bytes);
                    c.A.mov(eax, 0);
                    c.A.mov(ecx, 0);
                    c.A.mov(r9d, 0);
                    c.PlainFlags();
                    c.Done();
                });
            }
            yield return new("a jump to the last canonical byte", c =>
            {
                c.A.mov(rax, 0x7FFF_FFFF_FFFF);
                c.A.jmp(rax);
            });
            yield return new("a jump to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.jmp(rax);
            });
            yield return new("RET to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.push(rax);
                c.A.ret();
            });
            yield return new("CALL to where no address is", c =>
            {
                c.A.mov(rax, 0x8000_0000_0000);
                c.A.call(rax);
            });
        }
    }
}
