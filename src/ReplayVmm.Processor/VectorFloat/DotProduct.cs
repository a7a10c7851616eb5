using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// DPPS and DPPD (SDM volume 2): in each 16 bytes, products of the elements that bits 4 to 7 of the immediate choose, summed in pairs; the sum goes to the elements that bits
/// 0 to 3 choose, zeros to the others. An unmasked exception ends it after the step that finds it, a step being taken in all of the vector.
/// </summary>
// SAFETY: the vectors are parameters, on the stack; there are at most MaxTerms elements in 32 bytes.
internal readonly unsafe struct DotProduct<TFormat> : IVectorOperation where TFormat : struct, IBinaryFormat
{
    private const int ChosenShift = 4, MaxTerms = 8;

    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<byte> result = default;
        Compute(ref x, (byte*)&first, (byte*)&source, (byte*)&result, Vector128<byte>.Count);
        return result;
    }

    /// <inheritdoc/>
    public static Vector256<byte> Whole<TSelf>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) where TSelf : struct, IVectorOperation
    {
        Vector256<byte> result = default;
        Compute(ref x, (byte*)&first, (byte*)&source, (byte*)&result, Vector256<byte>.Count);
        return result;
    }

    private static void Compute(ref VectorContext x, byte* first, byte* source, byte* result, int length)
    {
        int size = Elements.Size<TFormat>(), count = Vector128<byte>.Count / size, total = length / size;
        ulong* terms = stackalloc ulong[MaxTerms];
        for (int n = 0; n < total; n++)
        {
            bool counts = ((x.Immediate >> ChosenShift >> (n % count)) & 1) != 0;
            FloatContext own = Mxcsr.Context(x.Mxcsr);
            terms[n] = counts ? BinaryFloat<TFormat>.Multiply(ref own, Elements.Read<TFormat>(first + (n * size)), Elements.Read<TFormat>(source + (n * size))) : 0;
            x.Exceptions |= own.Exceptions;
        }
        for (int distance = 1; distance < count && !Mxcsr.IsUnmasked(x.Mxcsr, x.Exceptions); distance *= 2)
        {
            // What a step has reported stays, whatever the next one meets.
            VectorGate.Commit(x.Core, x.Exceptions);
            x.Exceptions = 0;
            for (int n = 0; n < total; n += 2 * distance)
            {
                FloatContext own = Mxcsr.Context(x.Mxcsr);
                terms[n] = BinaryFloat<TFormat>.Add(ref own, terms[n], terms[n + distance]);
                x.Exceptions |= own.Exceptions;
            }
        }
        for (int n = 0; n < total; n++)
        {
            bool isWritten = ((x.Immediate >> (n % count)) & 1) != 0;
            Elements.Write<TFormat>(result + (n * size), isWritten ? terms[n - (n % count)] : 0);
        }
    }
}
