using Iced.Intel;
using ReplayVmm.Silicon;
using static ReplayVmm.Processor.Rflags;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// The flags, and the results, that the manual leaves undefined: the one place where anything is masked. A row says what SDM volume 2 leaves open for its mnemonics, and how
/// much of that the vendors' processors do otherwise than the interpreter; only that is not compared. What AMD's do was measured (Zen 5); of Intel's only what is known to
/// hold for all of them counts as the same.
/// </summary>
internal static unsafe class DefinedFlags
{
    private const ulong All = Arithmetic, Result = Sf | Zf | Af | Pf;

    /// <summary>One row.</summary>
    /// <param name="Mnemonics">The instructions.</param>
    /// <param name="Undefined">What the manual leaves undefined, where it does not depend on a count.</param>
    /// <param name="OnAmd">Of that, what AMD's processors do otherwise.</param>
    /// <param name="OnIntel">Of that, what Intel's processors may do otherwise.</param>
    /// <param name="Counted">What the manual leaves undefined for a masked count (not 0) and an operand of so many bits.</param>
    /// <param name="AmdCounted">What of it AMD's do otherwise, where that depends on the count too.</param>
    private sealed record Row(
        Mnemonic[] Mnemonics, ulong Undefined, ulong OnAmd, ulong OnIntel, Func<int, int, ulong>? Counted = null, Func<int, int, ulong>? AmdCounted = null);

    private static readonly Row[] Rows =
    [
        // "The state of the AF flag is undefined." Every processor clears it.
        new([Mnemonic.And, Mnemonic.Or, Mnemonic.Xor, Mnemonic.Test], Af, 0, 0),
        // "The SF, ZF, AF, and PF flags are undefined." AMD leaves them as they were, Intel derives SF and PF from the lower half.
        new([Mnemonic.Mul, Mnemonic.Imul], Result, Result, Result),
        // "The CF, OF, SF, ZF, AF, and PF flags are undefined." Either vendor's depend on the steps of the division.
        new([Mnemonic.Div, Mnemonic.Idiv], All, All, All),
        // SAL/SAR/SHL/SHR: "AF undefined", "OF affected only on 1-bit shifts", CF "undefined for SHL and SHR where the count is greater than or equal to the size". AMD sets AF, Intel clears it.
        new([Mnemonic.Shl, Mnemonic.Sal, Mnemonic.Shr], 0, 0, All, (count, bits) => Af | (count == 1 ? 0 : Of) | (count >= bits ? Cf : 0)),
        new([Mnemonic.Sar], 0, 0, All, (count, _) => Af | (count == 1 ? 0 : Of)),
        // RCL/RCR/ROL/ROR: "The OF flag is defined only for the 1-bit rotates".
        new([Mnemonic.Rol, Mnemonic.Ror], 0, 0, Of, (count, _) => count == 1 ? 0 : Of),
        // The same; a count that turns the operand round to where it was still sets OF on AMD, and does nothing here.
        new([Mnemonic.Rcl, Mnemonic.Rcr], 0, 0, Of, (count, _) => count == 1 ? 0 : Of, (count, bits) => count % (bits + 1) == 0 ? Of : 0),
        // SHLD, SHRD: OF "for shifts greater than 1 bit", AF; all "if the count is greater than the operand size": AMD shifts zeros in, here and on Intel the operand comes round again.
        new([Mnemonic.Shld, Mnemonic.Shrd], 0, 0, All, (count, bits) => count > bits ? All : Af | (count == 1 ? 0 : Of), (count, bits) => count > bits ? All : count == bits ? Of : 0),
        // "The OF, SF, AF, and PF flags are undefined." Every processor leaves them as they were.
        new([Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc], Of | Sf | Af | Pf, 0, 0),
        // BSF, BSR: "The CF, OF, SF, AF, and PF flags are undefined." AMD clears all but PF, Intel derives them from the source.
        new([Mnemonic.Bsf, Mnemonic.Bsr], All & ~Zf, 0, All & ~Zf),
        // TZCNT, LZCNT: "OF, SF, PF, and AF flags are undefined." AMD leaves them as they were.
        new([Mnemonic.Tzcnt, Mnemonic.Lzcnt], Of | Sf | Pf | Af, 0, Of | Sf | Pf | Af),
        // ANDN, BLSI, BLSMSK, BLSR, BZHI: "AF and PF flags are undefined."
        new([Mnemonic.Andn, Mnemonic.Blsi, Mnemonic.Blsmsk, Mnemonic.Blsr, Mnemonic.Bzhi], Af | Pf, 0, Af | Pf),
        // BEXTR: "AF, SF, and PF are undefined." AMD sets AF, as here, and clears SF, which here is the result's.
        new([Mnemonic.Bextr], Af | Sf | Pf, Sf, Af | Sf | Pf),
        // DAA, DAS: "The OF flag is undefined." AMD's is that of the last addition; here and on Intel it is clear.
        new([Mnemonic.Daa, Mnemonic.Das], Of, Of, Of),
        // AAA, AAS: "The OF, SF, ZF, and PF flags are undefined." AMD's are those of the addition, Intel's those of the result.
        new([Mnemonic.Aaa, Mnemonic.Aas], Of | Sf | Zf | Pf, Of | Sf | Zf | Pf, Of | Sf | Zf | Pf),
        // AAM: "The OF, AF, and CF flags are undefined." Clear on AMD.
        new([Mnemonic.Aam], Of | Af | Cf, 0, Of | Af | Cf),
        // AAD: the same; AMD's are those of the addition.
        new([Mnemonic.Aad], Of | Af | Cf, Of | Af | Cf, Of | Af | Cf),
    ];

    private static readonly Row?[] ByMnemonic = Index();

    /// <summary>The flags that are not compared after <paramref name="instruction"/> with the operands in <paramref name="one"/>.</summary>
    public static ulong Undefined(Instruction instruction, SiliconCase* one)
    {
        if (ByMnemonic[(int)instruction.Mnemonic] is not { } row)
            return 0;
        ulong undefined = row.Undefined, onAmd = row.OnAmd;
        if (row.Counted is { } counted)
        {
            (int count, int bits) = (Count(instruction, one), Size(instruction) * 8);
            undefined = count != 0 ? counted(count, bits) : 0;
            onAmd = row.AmdCounted?.Invoke(count, bits) ?? onAmd;
        }
        return undefined & (HostProcessor.IsAmd ? onAmd : row.OnIntel);
    }

    /// <summary>True where the manual leaves the destination open.</summary>
    public static bool ResultUndefined(Instruction instruction, SiliconCase* one, bool faulted) => instruction.Mnemonic switch
    {
        // POPA: silent on what a fault leaves. AMD keeps the registers popped before it; here none are, and the instruction starts again either way.
        Mnemonic.Popa or Mnemonic.Popad => faulted,
        // SHLD, SHRD: "If the count is greater than the operand size, the result is undefined".
        Mnemonic.Shld or Mnemonic.Shrd => Count(instruction, one) > Size(instruction) * 8,
        // BSF, BSR of zero: "the content of the destination operand is undefined". AMD leaves it; Intel's too, but for the upper half of a 32-bit one.
        Mnemonic.Bsf or Mnemonic.Bsr => !HostProcessor.IsAmd && (one->After.Rflags & Zf) != 0 && Size(instruction) == 4,
        _ => false,
    };

    private static Row?[] Index()
    {
        var index = new Row?[(int)Enum.GetValues<Mnemonic>().Max() + 1];
        foreach (Row row in Rows)
        {
            foreach (Mnemonic mnemonic in row.Mnemonics)
                index[(int)mnemonic] = row;
        }
        return index;
    }

    private static int Size(Instruction instruction) =>
        instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();

    private static int Count(Instruction instruction, SiliconCase* one)
    {
        int last = instruction.OpCount - 1;
        int count = instruction.GetOpKind(last) == OpKind.Register ? (byte)one->Before.Gpr[1] : (int)instruction.GetImmediate(last);
        return count & (Size(instruction) == 8 ? 63 : 31);
    }
}
