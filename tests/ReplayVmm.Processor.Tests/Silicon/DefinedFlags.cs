using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Which flags, and which results, the manual defines; the rest may differ between processors and is not compared.</summary>
internal static unsafe class DefinedFlags
{
    /// <summary>The flags that are not compared after <paramref name="instruction"/> with the operands in <paramref name="one"/>.</summary>
    public static ulong Undefined(Instruction instruction, SiliconCase* one)
    {
        switch (instruction.Mnemonic)
        {
            // SDM volume 2, AND, OR, XOR, TEST: "AF is undefined".
            case Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Test:
                return Rflags.Af;
            // SDM volume 2, MUL, IMUL: SF, ZF, AF, PF.
            case Mnemonic.Mul or Mnemonic.Imul:
                return Rflags.Sf | Rflags.Zf | Rflags.Af | Rflags.Pf;
            // SDM volume 2, DIV, IDIV: all six.
            case Mnemonic.Div or Mnemonic.Idiv:
                return Rflags.Arithmetic;
            // SDM volume 2, SAL/SAR/SHL/SHR: OF for counts other than 1, AF, CF of SHL and SHR where the count is not below the operand's size.
            case Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal:
                int count = Count(instruction, one), bits = Size(instruction) * 8;
                return count == 0 ? 0 : Rflags.Af | (count == 1 ? 0 : Rflags.Of) | (count >= bits && instruction.Mnemonic != Mnemonic.Sar ? Rflags.Cf : 0);
            // SDM volume 2, RCL/RCR/ROL/ROR: OF for counts other than 1.
            case Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr:
                return Count(instruction, one) is 0 or 1 ? 0 : Rflags.Of;
            // SDM volume 2, SHLD, SHRD: OF for counts other than 1, AF; everything where the count exceeds the operand.
            case Mnemonic.Shld or Mnemonic.Shrd:
                count = Count(instruction, one);
                return count == 0 ? 0 : count > Size(instruction) * 8 ? Rflags.Arithmetic : Rflags.Af | (count == 1 ? 0 : Rflags.Of);
            // SDM volume 2, BT, BTC, BTR, BTS: OF, SF, AF, PF.
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return Rflags.Of | Rflags.Sf | Rflags.Af | Rflags.Pf;
            // SDM volume 2, BSF, BSR: all but ZF.
            case Mnemonic.Bsf or Mnemonic.Bsr:
                return Rflags.Arithmetic & ~Rflags.Zf;
            // SDM volume 2, TZCNT, LZCNT: OF, SF, PF, AF.
            case Mnemonic.Tzcnt or Mnemonic.Lzcnt:
                return Rflags.Of | Rflags.Sf | Rflags.Pf | Rflags.Af;
            // SDM volume 2, ANDN, BLSI, BLSMSK, BLSR, BZHI: AF, PF.
            case Mnemonic.Andn or Mnemonic.Blsi or Mnemonic.Blsmsk or Mnemonic.Blsr or Mnemonic.Bzhi:
                return Rflags.Af | Rflags.Pf;
            // SDM volume 2, BEXTR: AF, SF, PF.
            case Mnemonic.Bextr:
                return Rflags.Af | Rflags.Sf | Rflags.Pf;
            // SDM volume 2, DAA, DAS: OF.
            case Mnemonic.Daa or Mnemonic.Das:
                return Rflags.Of;
            // SDM volume 2, AAA, AAS: OF, SF, ZF, PF.
            case Mnemonic.Aaa or Mnemonic.Aas:
                return Rflags.Of | Rflags.Sf | Rflags.Zf | Rflags.Pf;
            // SDM volume 2, AAM, AAD: OF, AF, CF.
            case Mnemonic.Aam or Mnemonic.Aad:
                return Rflags.Of | Rflags.Af | Rflags.Cf;
            default:
                return 0;
        }
    }

    /// <summary>True where the manual leaves the destination open.</summary>
    public static bool ResultUndefined(Instruction instruction, SiliconCase* one, bool faulted) => instruction.Mnemonic switch
    {
        // SDM volume 2, POPA: silent on what a fault leaves. AMD keeps the registers popped before it; ours keeps none, and the instruction starts again either way.
        Mnemonic.Popa or Mnemonic.Popad => faulted,
        // SDM volume 2, SHLD, SHRD: a count beyond the operand.
        Mnemonic.Shld or Mnemonic.Shrd => Count(instruction, one) > Size(instruction) * 8,
        _ => false,
    };

    private static int Size(Instruction instruction) =>
        instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();

    private static int Count(Instruction instruction, SiliconCase* one)
    {
        int last = instruction.OpCount - 1;
        int count = instruction.GetOpKind(last) == OpKind.Register ? (byte)one->Before.Gpr[1] : (int)instruction.GetImmediate(last);
        return count & (Size(instruction) == 8 ? 63 : 31);
    }
}
