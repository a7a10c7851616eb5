using System.Runtime.CompilerServices;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// Operands of vector instructions in the compact form. Destination and Source hold register numbers (a general register: its slot); Immediate holds, a byte each from bit 0: the
/// immediate, the number of the first source (the destination itself where the encoding has none apart), the number of a fourth register, and the mask of address bits
/// that must be 0.
/// </summary>
internal static unsafe class VectorOperands
{
    private const int FirstShift = 8, FourthShift = 16, AlignmentShift = 24;

    /// <summary>The immediate byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Immediate(DecodedInstruction* i) => (byte)i->Immediate;

    /// <summary>Number of the register that is the first source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int First(DecodedInstruction* i) => (byte)(i->Immediate >> FirstShift);

    /// <summary>Number of the fourth register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Fourth(DecodedInstruction* i) => (byte)(i->Immediate >> FourthShift);

    /// <summary>Bits of the linear address that must be 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Alignment(DecodedInstruction* i) => (byte)(i->Immediate >> AlignmentShift);

    /// <summary>
    /// Takes in an instruction whose register-or-memory operand is a source: destination, first source, that source, fourth register, immediate; returns the number of
    /// the source operand.
    /// </summary>
    public static int Bind(ref BindContext b)
    {
        int count = b.Source.OpCount;
        long fields = 0;
        if (count > 0 && b.Source.GetOpKind(count - 1) == OpKind.Immediate8)
            fields = b.Source.GetImmediate(--count) is var value ? (byte)value : 0;
        if (count == 4)
            fields |= (long)NumberOf(ref b, --count) << FourthShift;
        b.Target->Destination = NumberOf(ref b, 0);
        int source = count - 1, first = count == 3 ? 1 : 0;
        fields |= (long)NumberOf(ref b, first) << FirstShift;
        if (b.IsRegister(source))
            b.Target->Source = NumberOf(ref b, source);
        b.Target->Immediate = fields | AlignmentOf(ref b);
        return source;
    }

    /// <summary>The same where the register-or-memory operand is the destination, operand 0, and operand 1 the source.</summary>
    public static void BindStore(ref BindContext b)
    {
        long immediate = b.Source.OpCount > 2 ? (byte)b.Source.GetImmediate(2) : 0;
        b.Target->Source = NumberOf(ref b, 1);
        if (b.IsRegister(0))
            b.Target->Destination = NumberOf(ref b, 0);
        b.Target->Immediate = immediate | ((long)b.Target->Destination << FirstShift) | AlignmentOf(ref b);
    }

    /// <summary>256 bits.</summary>
    public static bool IsWide(ref BindContext b)
    {
        for (int operand = 0; operand < b.Source.OpCount; operand++)
        {
            if (b.IsMemory(operand) ? b.Source.MemorySize.GetSize() == 32 : b.IsRegister(operand) && b.Source.GetOpRegister(operand).IsYMM())
                return true;
        }
        return false;
    }

    /// <summary>Number of a vector register, slot of a general one.</summary>
    private static byte NumberOf(ref BindContext b, int operand)
    {
        if (!b.IsRegister(operand))
            return 0;
        Register register = b.Source.GetOpRegister(operand);
        return register.IsVectorRegister() ? (byte)register.GetNumber() : BindContext.SlotOf(register);
    }

    private static long AlignmentOf(ref BindContext b) => (long)VectorAlignment.MaskOf(ref b) << AlignmentShift;
}
