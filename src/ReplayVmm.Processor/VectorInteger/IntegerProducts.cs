using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>PMULLW PMULLD: the low half of each product.</summary>
internal readonly struct MultiplyLow<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => (first.As<byte, T>() * source.As<byte, T>()).AsByte();
}

/// <summary>PMULHW: the high half of each signed product.</summary>
internal readonly struct MultiplyHighSigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<short> a, Vector128<short> b) = (first.AsInt16(), source.AsInt16());
        return Vector128.Narrow((Vector128.WidenLower(a) * Vector128.WidenLower(b)) >> 16, (Vector128.WidenUpper(a) * Vector128.WidenUpper(b)) >> 16).AsByte();
    }
}

/// <summary>PMULHUW: the high half of each unsigned product.</summary>
internal readonly struct MultiplyHighUnsigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<ushort> a, Vector128<ushort> b) = (first.AsUInt16(), source.AsUInt16());
        return Vector128.Narrow((Vector128.WidenLower(a) * Vector128.WidenLower(b)) >>> 16, (Vector128.WidenUpper(a) * Vector128.WidenUpper(b)) >>> 16).AsByte();
    }
}

/// <summary>PMULHRSW: bits 30 to 15 of each signed product, rounded by bit 14.</summary>
internal readonly struct MultiplyHighRounded : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<short> a, Vector128<short> b) = (first.AsInt16(), source.AsInt16());
        return Vector128.Narrow(
            Round(Vector128.WidenLower(a) * Vector128.WidenLower(b)), Round(Vector128.WidenUpper(a) * Vector128.WidenUpper(b))).AsByte();
    }

    private static Vector128<int> Round(Vector128<int> product) => ((product >> 14) + Vector128<int>.One) >> 1;
}

/// <summary>PMULUDQ: 64-bit products of the even doublewords.</summary>
internal readonly struct MultiplyEvenUnsigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<ulong> low = Vector128.Create((ulong)uint.MaxValue);
        return ((first.AsUInt64() & low) * (source.AsUInt64() & low)).AsByte();
    }
}

/// <summary>PMULDQ: the same, signed.</summary>
internal readonly struct MultiplyEvenSigned : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => (Low(first) * Low(source)).AsByte();

    private static Vector128<long> Low(Vector128<byte> value) => (value.AsInt64() << 32) >> 32;
}

/// <summary>PMADDWD: products of signed words, neighbours added. Only -32768 four times leaves the range, and wraps.</summary>
internal readonly struct MultiplyAddWords : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<int> a, Vector128<int> b) = (first.AsInt32(), source.AsInt32());
        return ((Even(a) * Even(b)) + ((a >> 16) * (b >> 16))).AsByte();
    }

    private static Vector128<int> Even(Vector128<int> value) => (value << 16) >> 16;
}

/// <summary>PMADDUBSW: products of unsigned bytes of the first and signed bytes of the second, neighbours added with saturation.</summary>
internal readonly struct MultiplyAddBytes : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<short> a, Vector128<short> b) = (first.AsInt16(), source.AsInt16());
        Vector128<short> even = (a & Vector128.Create((short)0xFF)) * ((b << 8) >> 8);
        return Vector128.AddSaturate(even, (a >>> 8) * (b >> 8)).AsByte();
    }
}

/// <summary>PSADBW: the sum of absolute differences of each eight bytes.</summary>
internal readonly struct SumOfDifferences : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<ushort> pairs = (Vector128.Max(first, source) - Vector128.Min(first, source)).AsUInt16();
        Vector128<uint> fours = ((pairs & Vector128.Create((ushort)0xFF)) + (pairs >>> 8)).AsUInt32();
        Vector128<ulong> eights = ((fours & Vector128.Create(0xFFFFu)) + (fours >>> 16)).AsUInt64();
        return ((eights & Vector128.Create((ulong)uint.MaxValue)) + (eights >>> 32)).AsByte();
    }
}

/// <summary>
/// MPSADBW: four neighbouring bytes of the second operand against those at eight successive places in the first (SDM volume 2). Three bits of the immediate choose them, and
/// three others do for the upper lane.
/// </summary>
internal readonly struct SlidingDifferences : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source)
    {
        int choice = x.Immediate >> (3 * x.LaneNumber);
        int at = (choice & 3) * 4, from = choice & 4;
        Vector128<ushort> sums = Vector128<ushort>.Zero;
        for (int n = 0; n < 4; n++)
        {
            Vector128<ushort> bytes = Vector128.WidenLower(ByteShifts.Right(first, from + n));
            Vector128<ushort> one = Vector128.Create((ushort)source[at + n]);
            sums += Vector128.Max(bytes, one) - Vector128.Min(bytes, one);
        }
        return sums.AsByte();
    }
}

/// <summary>PHMINPOSUW: the smallest word, and above it the first place where it stands.</summary>
internal readonly struct MinimumPosition : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<ushort> words = source.AsUInt16();
        int place = 0;
        for (int n = 1; n < Vector128<ushort>.Count; n++)
        {
            if (words[n] < words[place])
                place = n;
        }
        return Vector128.CreateScalar(words[place] | ((uint)place << 16)).AsByte();
    }
}
