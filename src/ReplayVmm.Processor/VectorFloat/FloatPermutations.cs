using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>VPERMILPS by a vector: the low two bits of each element choose among four (SDM volume 2).</summary>
internal readonly struct PermuteSingles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32() & Vector128.Create(3u));
        return Vector128.Create(a[(int)b[0]], a[(int)b[1]], a[(int)b[2]], a[(int)b[3]]).AsByte();
    }
}

/// <summary>VPERMILPD by a vector: bit 1 of each element chooses between two (SDM volume 2).</summary>
internal readonly struct PermuteDoubles : IPackedOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<ulong> a, Vector128<ulong> b) = (first.AsUInt64(), (source.AsUInt64() >> 1) & Vector128<ulong>.One);
        return Vector128.Create(a[(int)b[0]], a[(int)b[1]]).AsByte();
    }
}

/// <summary>VPERMILPS by an immediate: pairs of bits, the same for each 16 bytes (SDM volume 2).</summary>
internal readonly struct PermuteSinglesImmediate : IPackedImmediateOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        Vector128<uint> a = source.AsUInt32();
        return Vector128.Create(a[immediate & 3], a[(immediate >> 2) & 3], a[(immediate >> 4) & 3], a[immediate >> 6]).AsByte();
    }
}

/// <summary>VPERMILPD by an immediate: a bit for each element (SDM volume 2).</summary>
internal readonly struct PermuteDoublesImmediate : IVectorOperation
{
    /// <inheritdoc/>
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        int i = x.Immediate >> (2 * x.LaneNumber);
        Vector128<ulong> a = source.AsUInt64();
        return Vector128.Create(a[i & 1], a[(i >> 1) & 1]).AsByte();
    }
}
