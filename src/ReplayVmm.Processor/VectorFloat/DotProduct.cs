namespace ReplayVmm.Processor;

/// <summary>
/// DPPS and DPPD (SDM volume 2): in each 16 bytes, products of the elements that bits 4 to 7 of the immediate choose, summed in pairs; the sum goes to the elements that bits
/// 0 to 3 choose, zeros to the others. An unmasked exception ends it after the step that finds it, a step being taken in all of the vector.
/// </summary>
internal readonly unsafe struct DotProduct<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    private const int ChosenShift = 4, MaxTerms = 8;

    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int size = Elements.Size<TFormat>(), count = 16 / size, exceptions = 0;
        ulong* terms = stackalloc ulong[MaxTerms];
        int total = call.Length / size;
        for (int n = 0; n < total; n++)
        {
            bool counts = ((call.Control >> ChosenShift >> (n % count)) & 1) != 0;
            FloatContext x = Mxcsr.Context(call.Mxcsr);
            terms[n] = counts ? BinaryFloat<TFormat>.Multiply(ref x, Elements.Read<TFormat>(call.First + (n * size)), Elements.Read<TFormat>(call.Second + (n * size))) : 0;
            exceptions |= x.Exceptions;
        }
        exceptions = Mxcsr.Reported(call.Mxcsr, exceptions);
        for (int distance = 1; distance < count && !Mxcsr.IsUnmasked(call.Mxcsr, exceptions); distance *= 2)
        {
            int found = 0;
            for (int n = 0; n < total; n += 2 * distance)
            {
                FloatContext x = Mxcsr.Context(call.Mxcsr);
                terms[n] = BinaryFloat<TFormat>.Add(ref x, terms[n], terms[n + distance]);
                found |= x.Exceptions;
            }
            exceptions |= Mxcsr.Reported(call.Mxcsr, found);
        }
        for (int n = 0; n < total; n++)
        {
            bool isWritten = ((call.Control >> (n % count)) & 1) != 0;
            Elements.Write<TFormat>(call.Result + (n * size), isWritten ? terms[n - (n % count)] : 0);
        }
        return exceptions;
    }
}
