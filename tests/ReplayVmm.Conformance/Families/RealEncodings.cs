using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>66h and 67h change the sizes that 16-bit code has (SDM volume 1, 3.6).</summary>
internal static class RealEncodings
{
    private const ushort Place = 0x100;

    /// <summary>The rows of real-instructions on sizes.</summary>
    public static IEnumerable<Case> Rows()
    {
        (string Name, byte[] Bytes)[] rows =
        [
            ("MOV AX, [1234h] by 67h", [0x67, 0x66, 0xA1, 0x34, 0x12, 0, 0]), ("MOV EAX, imm32", [0x66, 0xB8, 1, 2, 3, 4]),
            ("ADD EAX, ECX", [0x66, 0x01, 0xC8]), ("ADD AX, CX", [0x01, 0xC8]),
            ("PUSH imm8", [0x6A, 0xFE]), ("PUSH imm8 with 66h", [0x66, 0x6A, 0xFE]), ("PUSH imm16", [0x68, 1, 2]),
            ("PUSH imm32", [0x66, 0x68, 1, 2, 3, 4]), ("CBW", [0x98]), ("CWDE", [0x66, 0x98]),
            ("CWD", [0x99]), ("CDQ", [0x66, 0x99]), ("INC CX", [0x41]), ("INC ECX", [0x66, 0x41]), ("BSWAP ECX", [0x66, 0x0F, 0xC9]),
            ("LEA ECX, [BX + SI]", [0x66, 0x8D, 0x08]),
            ("LEA CX, [EAX + ECX * 4] by 67h", [0x67, 0x8D, 0x0C, 0x88]), ("LEA ECX, [EAX + ECX * 4] by 67h", [0x67, 0x66, 0x8D, 0x0C, 0x88]),
            ("MOVZX ECX, BX", [0x66, 0x0F, 0xB7, 0xCB]),
            ("SHLD", [0x0F, 0xA4, 0xD1, 4]), ("IMUL CX, AX, 3", [0x6B, 0xC8, 3]), ("IMUL ECX, EAX, imm32", [0x66, 0x69, 0xC8, 0, 1, 0, 0]),
            ("XCHG EAX, ECX", [0x66, 0x91]), ("BT CX, 17", [0x0F, 0xBA, 0xE1, 17]),
            ("BT ECX, 17", [0x66, 0x0F, 0xBA, 0xE1, 17]), ("SETC", [0x0F, 0x92, 0xC2]), ("CMOVNZ CX, BX", [0x0F, 0x45, 0xCB]),
            ("SAL CX, 17", [0xC1, 0xE1, 17]), ("66h twice", [0x66, 0x66, 0xB8, 1, 2, 3, 4]),
            ("67h twice, 66h twice", [0x67, 0x66, 0x67, 0x66, 0xB8, 1, 2, 3, 4]), ("XLAT", [0xD7]), ("XLAT by 67h", [0x67, 0xD7]),
            ("AAM", [0xD4, 10]), ("AAD", [0xD5, 10]), ("SALC", [0xD6]),
            ("MOVSX EDX, CX", [0x66, 0x0F, 0xBF, 0xD1]), ("XADD CX, BX", [0x0F, 0xC1, 0xD9]), ("CMPXCHG CX, BX", [0x0F, 0xB1, 0xD9]),
            ("REX is INC and DEC", [0x48, 0x4F]),
        ];
        foreach ((string name, byte[] bytes) in rows)
        {
            yield return RealAddressMode.Make($"encoding: {name}", a =>
            {
                a.mov(eax, 0x8765_9432);
                a.mov(ebx, 0x1234_0100);
                a.mov(ecx, 0x8003_8001);
                a.mov(__dword_ptr[Place], 0x9ABC_DEF0);
                a.mov(__dword_ptr[0x1234], 0x55AA_66BB);
                a.mov(__byte_ptr[0x132], 0x3C);
                a.PushWide(2);
                a.popfd();
                a.db(bytes);
                // Flags that instructions leave undefined do not show.
                a.PushWide(2);
                a.popfd();
            }, ((uint)RealAddressMode.Stack << 4) + RealAddressMode.StackPointer - 4);
        }
    }
}
