using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>HADDPS and its like: neighbours in each 16 bytes, those of the first source in the lower half of the result (SDM volume 2, HADDPS).</summary>
internal readonly struct Horizontal<TOp, TFormat> : IVectorOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        // The same operation on whole vectors: one of the elements with even numbers, one of the others.
        Vector128<byte> even, odd;
        if (Elements.Size<TFormat>() == sizeof(float))
        {
            (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
            even = Vector128.Create(a[0], a[2], b[0], b[2]).AsByte();
            odd = Vector128.Create(a[1], a[3], b[1], b[3]).AsByte();
        }
        else
        {
            even = Vector128.Create(first.AsUInt64()[0], source.AsUInt64()[0]).AsByte();
            odd = Vector128.Create(first.AsUInt64()[1], source.AsUInt64()[1]).AsByte();
        }
        return PackedArithmetic<TOp, TFormat>.Lane(ref x, even, odd);
    }
}
