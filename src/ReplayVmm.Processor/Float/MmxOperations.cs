using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>What the MMX instructions compute (SDM volume 1, 9.4; volume 2): 64 bits and 64 bits to 64 bits, in the lower half of a vector.</summary>
internal static class MmxOperations
{
    private const int Elements = 4;

    public static ulong AddBytes(ulong a, ulong b) => Scalar(Bytes(a) + Bytes(b));
    public static ulong AddWords(ulong a, ulong b) => Scalar(Words(a) + Words(b));
    public static ulong AddDoublewords(ulong a, ulong b) => Scalar(Doublewords(a) + Doublewords(b));
    public static ulong AddQuadword(ulong a, ulong b) => a + b;
    public static ulong AddSignedBytes(ulong a, ulong b) => Scalar(Vector128.AddSaturate(Bytes(a).AsSByte(), Bytes(b).AsSByte()));
    public static ulong AddSignedWords(ulong a, ulong b) => Scalar(Vector128.AddSaturate(Words(a).AsInt16(), Words(b).AsInt16()));
    public static ulong AddUnsignedBytes(ulong a, ulong b) => Scalar(Vector128.AddSaturate(Bytes(a), Bytes(b)));
    public static ulong AddUnsignedWords(ulong a, ulong b) => Scalar(Vector128.AddSaturate(Words(a), Words(b)));
    public static ulong SubtractBytes(ulong a, ulong b) => Scalar(Bytes(a) - Bytes(b));
    public static ulong SubtractWords(ulong a, ulong b) => Scalar(Words(a) - Words(b));
    public static ulong SubtractDoublewords(ulong a, ulong b) => Scalar(Doublewords(a) - Doublewords(b));
    public static ulong SubtractQuadword(ulong a, ulong b) => a - b;
    public static ulong SubtractSignedBytes(ulong a, ulong b) => Scalar(Vector128.SubtractSaturate(Bytes(a).AsSByte(), Bytes(b).AsSByte()));
    public static ulong SubtractSignedWords(ulong a, ulong b) => Scalar(Vector128.SubtractSaturate(Words(a).AsInt16(), Words(b).AsInt16()));
    public static ulong SubtractUnsignedBytes(ulong a, ulong b) => Scalar(Vector128.SubtractSaturate(Bytes(a), Bytes(b)));
    public static ulong SubtractUnsignedWords(ulong a, ulong b) => Scalar(Vector128.SubtractSaturate(Words(a), Words(b)));
    public static ulong And(ulong a, ulong b) => a & b;
    public static ulong AndNot(ulong a, ulong b) => ~a & b;
    public static ulong Or(ulong a, ulong b) => a | b;
    public static ulong Xor(ulong a, ulong b) => a ^ b;
    public static ulong EqualBytes(ulong a, ulong b) => Scalar(Vector128.Equals(Bytes(a), Bytes(b)));
    public static ulong EqualWords(ulong a, ulong b) => Scalar(Vector128.Equals(Words(a), Words(b)));
    public static ulong EqualDoublewords(ulong a, ulong b) => Scalar(Vector128.Equals(Doublewords(a), Doublewords(b)));
    public static ulong GreaterBytes(ulong a, ulong b) => Scalar(Vector128.GreaterThan(Bytes(a).AsSByte(), Bytes(b).AsSByte()));
    public static ulong GreaterWords(ulong a, ulong b) => Scalar(Vector128.GreaterThan(Words(a).AsInt16(), Words(b).AsInt16()));
    public static ulong GreaterDoublewords(ulong a, ulong b) => Scalar(Vector128.GreaterThan(Doublewords(a).AsInt32(), Doublewords(b).AsInt32()));
    public static ulong MinimumUnsignedBytes(ulong a, ulong b) => Scalar(Vector128.Min(Bytes(a), Bytes(b)));
    public static ulong MaximumUnsignedBytes(ulong a, ulong b) => Scalar(Vector128.Max(Bytes(a), Bytes(b)));
    public static ulong MinimumSignedWords(ulong a, ulong b) => Scalar(Vector128.Min(Words(a).AsInt16(), Words(b).AsInt16()));
    public static ulong MaximumSignedWords(ulong a, ulong b) => Scalar(Vector128.Max(Words(a).AsInt16(), Words(b).AsInt16()));
    public static ulong AverageBytes(ulong a, ulong b) => Narrow8((Wide8(a) + Wide8(b) + Vector128<ushort>.One) >>> 1);
    public static ulong AverageWords(ulong a, ulong b) => Narrow16((Wide16(a) + Wide16(b) + Vector128<uint>.One) >>> 1);
    public static ulong MultiplyLow(ulong a, ulong b) => Scalar(Words(a) * Words(b));
    public static ulong MultiplyHighSigned(ulong a, ulong b) => Narrow16((Signed16(a) * Signed16(b)).AsUInt32() >>> 16);
    public static ulong MultiplyHighUnsigned(ulong a, ulong b) => Narrow16((Wide16(a) * Wide16(b)) >>> 16);
    public static ulong MultiplyDoublewords(ulong a, ulong b) => (ulong)(uint)a * (uint)b;

    /// <summary>PMADDWD: products of signed words, neighbours added.</summary>
    public static ulong MultiplyAdd(ulong a, ulong b)
    {
        Vector128<int> products = Signed16(a) * Signed16(b);
        uint low = (uint)(products[0] + products[1]), high = (uint)(products[2] + products[3]);
        return low | ((ulong)high << 32);
    }

    /// <summary>PSADBW: the sum of absolute differences.</summary>
    public static ulong SumOfDifferences(ulong a, ulong b)
    {
        ulong sum = 0;
        for (int n = 0; n < 64; n += 8)
            sum += (ulong)Math.Abs((byte)(a >> n) - (byte)(b >> n));
        return sum;
    }

    public static ulong PackSignedWords(ulong a, ulong b) => Scalar(Vector128.NarrowWithSaturation(Pair(a, b).AsInt16(), Vector128<short>.Zero));
    public static ulong PackSignedDoublewords(ulong a, ulong b) => Scalar(Vector128.NarrowWithSaturation(Pair(a, b).AsInt32(), Vector128<int>.Zero));

    /// <summary>PACKUSWB: signed words to unsigned bytes.</summary>
    public static ulong PackUnsignedWords(ulong a, ulong b)
    {
        Vector128<short> clamped = Vector128.Min(Vector128.Max(Pair(a, b).AsInt16(), Vector128<short>.Zero), Vector128.Create((short)byte.MaxValue));
        return Narrow8(clamped.AsUInt16());
    }

    public static ulong UnpackLowBytes(ulong a, ulong b) => Scalar(Wide8(a) | (Wide8(b) << 8));
    public static ulong UnpackLowWords(ulong a, ulong b) => Scalar(Wide16(a) | (Wide16(b) << 16));
    public static ulong UnpackLowDoublewords(ulong a, ulong b) => (uint)a | (b << 32);
    public static ulong UnpackHighBytes(ulong a, ulong b) => UnpackLowBytes(a >> 32, b >> 32);
    public static ulong UnpackHighWords(ulong a, ulong b) => UnpackLowWords(a >> 32, b >> 32);
    public static ulong UnpackHighDoublewords(ulong a, ulong b) => UnpackLowDoublewords(a >> 32, b >> 32);
    public static ulong ShiftLeftWords(ulong a, ulong count) => count > 15 ? 0 : Scalar(Words(a) << (int)count);
    public static ulong ShiftLeftDoublewords(ulong a, ulong count) => count > 31 ? 0 : Scalar(Doublewords(a) << (int)count);
    public static ulong ShiftLeftQuadword(ulong a, ulong count) => count > 63 ? 0 : a << (int)count;
    public static ulong ShiftRightWords(ulong a, ulong count) => count > 15 ? 0 : Scalar(Words(a) >>> (int)count);
    public static ulong ShiftRightDoublewords(ulong a, ulong count) => count > 31 ? 0 : Scalar(Doublewords(a) >>> (int)count);
    public static ulong ShiftRightQuadword(ulong a, ulong count) => count > 63 ? 0 : a >> (int)count;
    public static ulong ShiftArithmeticWords(ulong a, ulong count) => Scalar(Words(a).AsInt16() >> (int)Math.Min(count, 15));
    public static ulong ShiftArithmeticDoublewords(ulong a, ulong count) => Scalar(Doublewords(a).AsInt32() >> (int)Math.Min(count, 31));

    /// <summary>PSHUFW: each word of the result is one of the four of <paramref name="a"/>, two bits of the order for each.</summary>
    public static ulong Shuffle(ulong a, int order)
    {
        ulong result = 0;
        for (int n = 0; n < Elements; n++)
            result |= ((a >> (((order >> (2 * n)) & 3) * 16)) & 0xFFFF) << (16 * n);
        return result;
    }

    /// <summary>PMOVMSKB: the sign of each byte.</summary>
    public static ulong Signs(ulong a) => Bytes(a).ExtractMostSignificantBits();

    private static Vector128<ulong> Pair(ulong low, ulong high) => Vector128.Create(low, high);
    private static Vector128<byte> Bytes(ulong a) => Vector128.CreateScalar(a).AsByte();
    private static Vector128<ushort> Words(ulong a) => Vector128.CreateScalar(a).AsUInt16();
    private static Vector128<uint> Doublewords(ulong a) => Vector128.CreateScalar(a).AsUInt32();
    private static Vector128<ushort> Wide8(ulong a) => Vector128.WidenLower(Bytes(a));
    private static Vector128<uint> Wide16(ulong a) => Vector128.WidenLower(Words(a));
    private static Vector128<int> Signed16(ulong a) => Vector128.WidenLower(Words(a).AsInt16());
    private static ulong Narrow8(Vector128<ushort> a) => Scalar(Vector128.Narrow(a, Vector128<ushort>.Zero));
    private static ulong Narrow16(Vector128<uint> a) => Scalar(Vector128.Narrow(a, Vector128<uint>.Zero));
    private static ulong Scalar<T>(Vector128<T> a) => a.AsUInt64().ToScalar();
}
