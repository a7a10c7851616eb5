namespace ReplayVmm.Processor;

/// <summary>HADDPS and its like: neighbours in each 16 bytes, those of the first source in the lower half of the result (SDM volume 2, HADDPS).</summary>
internal readonly unsafe struct Horizontal<TOp, TFormat> : IFloatOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    private const int MaxLength = 32, Half = 8;

    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        // The same operation on whole vectors: one of the elements with even numbers, one of the others.
        byte* even = stackalloc byte[2 * MaxLength], odd = even + MaxLength;
        int size = Elements.Size<TFormat>();
        for (int at = 0; at < call.Length; at += 16)
        {
            for (int n = 0; n < Half; n += size)
            {
                Elements.Write<TFormat>(even + at + n, Elements.Read<TFormat>(call.First + at + (2 * n)));
                Elements.Write<TFormat>(odd + at + n, Elements.Read<TFormat>(call.First + at + (2 * n) + size));
                Elements.Write<TFormat>(even + at + Half + n, Elements.Read<TFormat>(call.Second + at + (2 * n)));
                Elements.Write<TFormat>(odd + at + Half + n, Elements.Read<TFormat>(call.Second + at + (2 * n) + size));
            }
        }
        FloatCall pairs = call;
        pairs.First = even;
        pairs.Second = odd;
        return PackedArithmetic<TOp, TFormat>.Execute(pairs);
    }
}
