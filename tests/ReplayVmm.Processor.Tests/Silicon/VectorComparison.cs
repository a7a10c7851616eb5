using System.Globalization;
using System.Text;
using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>What differs between the vector registers of the processor and ours.</summary>
internal static unsafe class VectorComparison
{
    /// <summary>Adds what differs.</summary>
    public static void Compare(StringBuilder text, TestInstruction test, SiliconCase* native, SiliconCase* ours)
    {
        int start = text.Length;
        for (int n = 0; n < 16; n++)
        {
            ReadOnlySpan<ulong> theirs = Ymm(&native->VectorsAfter, n), own = Ymm(&ours->VectorsAfter, n);
            if (!theirs.SequenceEqual(own))
                text.Append(CultureInfo.InvariantCulture, $" YMM{n} native {Name(theirs)}, ours {Name(own)};");
        }
        for (int n = 0; n < 8; n++)
        {
            if (native->VectorsAfter.Mm[n] != ours->VectorsAfter.Mm[n])
                text.Append(CultureInfo.InvariantCulture, $" MM{n} native {native->VectorsAfter.Mm[n]:x16}, ours {ours->VectorsAfter.Mm[n]:x16};");
        }
        if (native->VectorsAfter.Mxcsr != ours->VectorsAfter.Mxcsr)
            text.Append(CultureInfo.InvariantCulture, $" MXCSR native {native->VectorsAfter.Mxcsr:x}, ours {ours->VectorsAfter.Mxcsr:x};");
        if (text.Length != start)
            text.Append(Describe(test, native));
    }

    /// <summary>The registers that the instruction names, as they were.</summary>
    public static string Describe(TestInstruction test, SiliconCase* one)
    {
        var text = new StringBuilder(" from");
        var named = new SortedSet<int>();
        for (int operand = 0; operand < test.Decoded.OpCount; operand++)
        {
            if (test.Decoded.GetOpKind(operand) == OpKind.Register && test.Decoded.GetOpRegister(operand) is var register && register.IsVectorRegister())
                named.Add(register.GetNumber());
        }
        foreach (int n in named)
            text.Append(CultureInfo.InvariantCulture, $" YMM{n}={Name(Ymm(&one->VectorsBefore, n))}");
        return text.Append(CultureInfo.InvariantCulture, $" MXCSR={one->VectorsBefore.Mxcsr:x};").ToString();
    }

    private static ReadOnlySpan<ulong> Ymm(SiliconVectors* vectors, int number) => new(vectors->Ymm + (number * 4), HostProcessor.HasAvx ? 4 : 2);

    private static string Name(ReadOnlySpan<ulong> words)
    {
        var text = new StringBuilder();
        for (int n = words.Length - 1; n >= 0; n--)
            text.Append(CultureInfo.InvariantCulture, $"{words[n]:x16}").Append(n > 0 ? "_" : "");
        return text.ToString();
    }
}
