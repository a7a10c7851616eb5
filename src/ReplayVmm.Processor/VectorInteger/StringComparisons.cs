using System.Numerics;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>How long the strings of a string comparison are.</summary>
internal interface IStringLengths
{
    /// <summary>The length of the string in the first (or second) operand: at most its number of elements.</summary>
    static abstract int Of<T>(ref VectorContext x, Vector128<T> value, bool second);
}

/// <summary>PCMPISTRI PCMPISTRM: up to the first 0.</summary>
internal readonly struct ImplicitLengths : IStringLengths
{
    public static int Of<T>(ref VectorContext x, Vector128<T> value, bool second) => StringAggregation<T>.LengthOf(value);
}

/// <summary>PCMPESTRI PCMPESTRM: the magnitudes of EAX and EDX (with REX.W, RAX and RDX).</summary>
internal readonly unsafe struct ExplicitLengths<TWidth> : IStringLengths where TWidth : unmanaged
{
    private const int Rax = 0, Rdx = 2;

    public static int Of<T>(ref VectorContext x, Vector128<T> value, bool second)
    {
        long length = Wide.Sign(Reg.Get<TWidth>(x.Core, Slot.Gpr(second ? Rdx : Rax)));
        return (int)Math.Min((ulong)(length < 0 ? -length : length), (ulong)Vector128<T>.Count);
    }
}

/// <summary>What becomes of the bits of a string comparison.</summary>
internal interface IStringResult
{
    /// <summary>Writes the result.</summary>
    static abstract void Write<T>(ref VectorContext x, uint bits);
}

/// <summary>PCMPESTRI PCMPISTRI: ECX = number of the lowest or highest bit; without any, the number of elements.</summary>
internal readonly unsafe struct StringIndex : IStringResult
{
    private const int Rcx = 1;

    public static void Write<T>(ref VectorContext x, uint bits)
    {
        int index = (x.Immediate & 0x40) == 0 ? BitOperations.TrailingZeroCount(bits) : BitOperations.Log2(bits);
        Reg.Set(x.Core, Slot.Gpr(Rcx), bits == 0 ? (uint)Vector128<T>.Count : (uint)index);
    }
}

/// <summary>PCMPESTRM PCMPISTRM: XMM0 = the bits, or an element of ones for each.</summary>
internal readonly unsafe struct StringMask<TEncoding> : IStringResult where TEncoding : struct, IVectorEncoding
{
    public static void Write<T>(ref VectorContext x, uint bits)
    {
        Vector128<byte> mask = (x.Immediate & 0x40) == 0 ? Vector128.CreateScalar(bits).AsByte() : Expand<T>(bits);
        if (TEncoding.ClearsUpper)
            VectorRegister.Ymm(x.Core, 0) = mask.ToVector256();
        else
            VectorRegister.Xmm(x.Core, 0) = mask;
    }

    private static Vector128<byte> Expand<T>(uint bits)
    {
        Vector128<T> mask = default;
        for (int n = 0; n < Vector128<T>.Count; n++)
        {
            if ((bits >> n & 1) != 0)
                mask = mask.WithElement(n, Vector128<T>.AllBitsSet[0]);
        }
        return mask.AsByte();
    }
}

/// <summary>
/// PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM. Beside the flags, which the handler takes, they have a result in a fixed register; nothing can fault any more when it is written.
/// </summary>
internal readonly struct CompareStrings<TLengths, TResult> : IVectorToFlags where TLengths : struct, IStringLengths where TResult : struct, IStringResult
{
    public static ulong Execute(ref VectorContext x, Vector256<byte> first, Vector256<byte> source) => (x.Immediate & 3) switch
    {
        0 => Execute<byte>(ref x, first, source),
        1 => Execute<ushort>(ref x, first, source),
        2 => Execute<sbyte>(ref x, first, source),
        _ => Execute<short>(ref x, first, source),
    };

    private static ulong Execute<T>(ref VectorContext x, Vector256<byte> first, Vector256<byte> source)
    {
        (Vector128<T> one, Vector128<T> two) = (first.GetLower().As<byte, T>(), source.GetLower().As<byte, T>());
        int firstLength = TLengths.Of(ref x, one, second: false), secondLength = TLengths.Of(ref x, two, second: true);
        uint bits = StringAggregation<T>.Compute(one, firstLength, two, secondLength, x.Immediate);
        TResult.Write<T>(ref x, bits);
        return (bits != 0 ? Rflags.Cf : 0) | ((bits & 1) != 0 ? Rflags.Of : 0)
            | (secondLength < Vector128<T>.Count ? Rflags.Zf : 0) | (firstLength < Vector128<T>.Count ? Rflags.Sf : 0);
    }
}
