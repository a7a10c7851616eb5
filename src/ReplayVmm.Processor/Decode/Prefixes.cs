namespace ReplayVmm.Processor;

/// <summary>The sizes that an instruction's prefixes give it (SDM volume 2, 2.1.1 and 2.2.1).</summary>
internal static unsafe class Prefixes
{
    /// <summary>Address and operand size of the instruction at <paramref name="code"/>, <paramref name="length"/> bytes long.</summary>
    public static InstructionFlags Sizes(byte* code, int length, int codeBits)
    {
        bool operand = false, address = false, wide = false;
        for (byte* p = code; p < code + length; p++)
        {
            // REX counts only where the opcode follows it: every prefix behind it undoes it.
            wide = false;
            if (*p == 0x66)
                operand = true;
            else if (*p == 0x67)
                address = true;
            else if (codeBits == 64 && (*p & 0xF0) == 0x40)
                wide = (*p & 8) != 0;
            else if (!IsOther(*p))
            {
                wide = p > code && codeBits == 64 && (p[-1] & 0xF8) == 0x48;
                break;
            }
        }
        InstructionFlags addressSize = codeBits switch
        {
            64 => address ? InstructionFlags.Address32 : InstructionFlags.Address64,
            32 => address ? InstructionFlags.None : InstructionFlags.Address32,
            _ => address ? InstructionFlags.Address32 : InstructionFlags.None,
        };
        InstructionFlags operandSize = wide ? InstructionFlags.Operand64
            : operand == (codeBits == 16) ? InstructionFlags.Operand32 : InstructionFlags.None;
        return addressSize | operandSize;
    }

    /// <summary>The REX prefix that counts, 0 where there is none: the byte before the opcode.</summary>
    public static byte Rex(byte* code, int length, int codeBits)
    {
        byte last = 0;
        for (byte* p = code; codeBits == 64 && p < code + length; p++)
        {
            bool rex = (*p & 0xF0) == 0x40;
            if (!rex && *p is not (0x66 or 0x67) && !IsOther(*p))
                break;
            last = rex ? *p : (byte)0;
        }
        return last;
    }

    /// <summary>True where the byte is LOCK, REP, REPNE or a segment override.</summary>
    public static bool IsOther(byte value) => value is 0xF0 or 0xF2 or 0xF3 or 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65;
}
