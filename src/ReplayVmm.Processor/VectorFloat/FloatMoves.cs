using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>BLENDPS and BLENDPD: where a bit of the immediate is set the element is the second source's (SDM volume 2).</summary>
internal readonly unsafe struct BlendImmediate<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0, n = 0; at < call.Length; at += Elements.Size<TFormat>(), n++)
            Elements.Write<TFormat>(call.Result + at, Elements.Read<TFormat>((((call.Control >> n) & 1) != 0 ? call.Second : call.First) + at));
        return 0;
    }
}

/// <summary>BLENDVPS and BLENDVPD: where the mask's sign bit is set the element is the second source's (SDM volume 2).</summary>
internal readonly unsafe struct BlendVariable<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
        {
            bool isSecond = BinaryFloat<TFormat>.Sign(Elements.Read<TFormat>(call.Third + at));
            Elements.Write<TFormat>(call.Result + at, Elements.Read<TFormat>((isSecond ? call.Second : call.First) + at));
        }
        return 0;
    }
}

/// <summary>SHUFPS: in each 16 bytes two elements of the first source, then two of the second, by pairs of bits of the immediate (SDM volume 2).</summary>
internal readonly unsafe struct ShuffleSingles : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0; at < call.Length; at += 16)
        {
            uint* first = (uint*)(call.First + at), second = (uint*)(call.Second + at);
            Vector128.Create(first[call.Control & 3], first[(call.Control >> 2) & 3], second[(call.Control >> 4) & 3], second[(call.Control >> 6) & 3])
                .Store((uint*)(call.Result + at));
        }
        return 0;
    }
}

/// <summary>SHUFPD: in each 16 bytes one element of the first source, then one of the second; a bit of the immediate for each element of the result (SDM volume 2).</summary>
internal readonly unsafe struct ShuffleDoubles : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0, bits = call.Control; at < call.Length; at += 16, bits >>= 2)
            Vector128.Create(((ulong*)(call.First + at))[bits & 1], ((ulong*)(call.Second + at))[(bits >> 1) & 1]).Store((ulong*)(call.Result + at));
        return 0;
    }
}

/// <summary>UNPCKLPS and UNPCKLPD, or UNPCKHPS and UNPCKHPD: in each 16 bytes the lower or upper halves of both sources, elements in turn (SDM volume 2).</summary>
internal readonly unsafe struct Unpack<THalf, TFormat> : IFloatOperation where THalf : struct, IHalf where TFormat : struct, IBinaryFormat
{
    private const int HalfBytes = 8;

    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int size = Elements.Size<TFormat>();
        for (int at = 0; at < call.Length; at += 16)
        {
            for (int n = 0; n < HalfBytes; n += size)
            {
                int from = at + (THalf.IsHigh ? HalfBytes : 0) + n, to = at + (2 * n);
                Elements.Write<TFormat>(call.Result + to, Elements.Read<TFormat>(call.First + from));
                Elements.Write<TFormat>(call.Result + to + size, Elements.Read<TFormat>(call.Second + from));
            }
        }
        return 0;
    }
}

/// <summary>Which half of 16 bytes.</summary>
internal interface IHalf
{
    /// <summary>The upper one.</summary>
    static abstract bool IsHigh { get; }
}

/// <summary>Bytes 0 to 7.</summary>
internal readonly struct LowHalf : IHalf
{
    public static bool IsHigh => false;
}

/// <summary>Bytes 8 to 15.</summary>
internal readonly struct HighHalf : IHalf
{
    public static bool IsHigh => true;
}

/// <summary>VPERMILPS by a vector: the low two bits of each element choose among four (SDM volume 2).</summary>
internal readonly unsafe struct PermuteSingles : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int n = 0; n < call.Length / sizeof(uint); n++)
            ((uint*)call.Result)[n] = ((uint*)call.First)[(n & ~3) | (int)(((uint*)call.Second)[n] & 3)];
        return 0;
    }
}

/// <summary>VPERMILPD by a vector: bit 1 of each element chooses between two (SDM volume 2).</summary>
internal readonly unsafe struct PermuteDoubles : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int n = 0; n < call.Length / sizeof(ulong); n++)
            ((ulong*)call.Result)[n] = ((ulong*)call.First)[(n & ~1) | (int)((((ulong*)call.Second)[n] >> 1) & 1)];
        return 0;
    }
}

/// <summary>VPERMILPS by an immediate: pairs of bits, the same for each 16 bytes (SDM volume 2).</summary>
internal readonly unsafe struct PermuteSinglesImmediate : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int n = 0; n < call.Length / sizeof(uint); n++)
            ((uint*)call.Result)[n] = ((uint*)call.Second)[(n & ~3) | ((call.Control >> (2 * (n & 3))) & 3)];
        return 0;
    }
}

/// <summary>VPERMILPD by an immediate: a bit for each element (SDM volume 2).</summary>
internal readonly unsafe struct PermuteDoublesImmediate : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int n = 0; n < call.Length / sizeof(ulong); n++)
            ((ulong*)call.Result)[n] = ((ulong*)call.Second)[(n & ~1) | ((call.Control >> n) & 1)];
        return 0;
    }
}

/// <summary>
/// INSERTPS: bits 6 and 7 of the immediate choose the element of the source (of a register; memory has one), bits 4 and 5 its place, bits 0 to 3 what becomes zero (SDM volume 2).
/// </summary>
internal readonly unsafe struct InsertSingle : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        uint* result = (uint*)call.Result;
        uint inserted = ((uint*)call.Second)[(call.Control >> 6) & 3];
        Elements.Pass(call);
        result[(call.Control >> 4) & 3] = inserted;
        for (int n = 0; n < 4; n++)
        {
            if (((call.Control >> n) & 1) != 0)
                result[n] = 0;
        }
        return 0;
    }
}
