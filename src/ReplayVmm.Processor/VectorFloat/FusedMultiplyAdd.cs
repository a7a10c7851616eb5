using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// What all FMA instructions compute: products and sums rounded once (SDM volume 1, 14.5). The host's own instruction is taken where it has one and the conditions of
/// <see cref="FastArithmetic"/> hold; elsewhere integers compute it.
/// </summary>
// SAFETY: the vectors are parameters, on the stack.
internal static unsafe class FusedMultiplyAdd<TOrder, TSigns, TFormat>
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <summary>The instruction's operands as factors and addend.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> A, Vector128<byte> B, Vector128<byte> C) Arrange(Vector128<byte> destination, Vector128<byte> first, Vector128<byte> source) =>
        (Operand(0, destination, first, source), Operand(1, destination, first, source), Operand(2, destination, first, source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Operand(int which, Vector128<byte> destination, Vector128<byte> first, Vector128<byte> source) => ((TOrder.Order >> (2 * which)) & 3) switch
    {
        0 => destination,
        1 => first,
        _ => source,
    };

    /// <summary>All elements exactly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector128<byte> Exactly(ref VectorContext x, Vector128<byte> a, Vector128<byte> b, Vector128<byte> c)
    {
        Vector128<byte> result = default;
        int size = Elements.Size<TFormat>();
        for (int at = 0; at < Vector128<byte>.Count; at += size)
        {
            bool negates = (at & size) != 0 ? TSigns.NegatesOdd : TSigns.NegatesEven;
            ulong r = Exactly(ref x, Elements.Read<TFormat>((byte*)&a + at), Elements.Read<TFormat>((byte*)&b + at), Elements.Read<TFormat>((byte*)&c + at), negates);
            Elements.Write<TFormat>((byte*)&result + at, r);
        }
        return result;
    }

    /// <summary>One element exactly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Exactly(ref VectorContext x, ulong a, ulong b, ulong c, bool negatesAddend)
    {
        FloatContext own = Mxcsr.Context(x.Mxcsr);
        ulong r = BinaryFloat<TFormat>.MultiplyAdd(ref own, a, b, c, TSigns.NegatesProduct, negatesAddend);
        x.Exceptions |= own.Exceptions;
        return r;
    }

    /// <summary>A whole vector by the host; false where only the exact operation can.</summary>
    public static bool TryCompute<T>(uint mxcsr, Vector128<T> a, Vector128<T> b, Vector128<T> c, out Vector128<T> r)
    {
        if (TrySettled(mxcsr, a, b, c, out r))
            return true;
        if (!HostFused.IsSupported || !FastArithmetic.IsNearest(mxcsr))
            return false;
        (Vector128<T> factor, Vector128<T> addend) = (Signed(a), SignedAddend(c));
        return FastArithmetic.IsSettled(mxcsr) ? HasOnlyZeros(factor, b, addend, r) : IsExact(factor, b, addend, r);
    }

    /// <summary>The shortest way: MXCSR as it mostly is, and nothing but ordinary numbers. The result is there whether it may be taken or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TrySettled<T>(uint mxcsr, Vector128<T> a, Vector128<T> b, Vector128<T> c, out Vector128<T> r)
    {
        r = default;
        if (!HostFused.IsSupported)
            return false;
        r = HostFused.MultiplyAdd(Signed(a), b, SignedAddend(c));
        Vector128<T> bad = ElementRange.NotNormal(a) | ElementRange.NotNormal(b) | ElementRange.NotNormal(c) | ElementRange.NotSurelyNormal(r);
        return FastArithmetic.IsSettled(mxcsr) && ElementRange.IsNone(bad);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Signed<T>(Vector128<T> factor) => TSigns.NegatesProduct ? -factor : factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> SignedAddend<T>(Vector128<T> addend) => TSigns.NegatesEven || TSigns.NegatesOdd ? addend ^ Signs<T>() : addend;

    /// <summary>A zero factor or addend is as good as any number; a zero result where the addend is one and a factor too.</summary>
    private static bool HasOnlyZeros<T>(Vector128<T> a, Vector128<T> b, Vector128<T> c, Vector128<T> r)
    {
        Vector128<T> bad = (ElementRange.NotNormal(a) & ElementRange.NotZero(a)) | (ElementRange.NotNormal(b) & ElementRange.NotZero(b))
            | (ElementRange.NotNormal(c) & ElementRange.NotZero(c)) | (ElementRange.NotSurelyNormal(r) & ~IsZeroSum(a, b, c));
        return ElementRange.IsNone(bad);
    }

    /// <summary>
    /// The product's rounding error, and what the sum of the rounded product and the addend lacks, are both nothing: then so is what the result lacks. Others are left to the
    /// exact operation, which mostly sets MXCSR.PE for good.
    /// </summary>
    private static bool IsExact<T>(Vector128<T> a, Vector128<T> b, Vector128<T> c, Vector128<T> r)
    {
        Vector128<T> product = a * b, zero = IsZeroSum(a, b, c);
        Vector128<T> bad = (ElementRange.NotMiddling(a) & ElementRange.NotZero(a)) | (ElementRange.NotMiddling(b) & ElementRange.NotZero(b))
            | (ElementRange.NotMiddling(c) & ElementRange.NotZero(c)) | (ElementRange.NotMiddling(r) & ~zero)
            | (ElementRange.NotMiddling(product) & ~MultiplyElements.ZeroIsExact(a, b));
        bad |= ElementRange.NotZero(MultiplyElements.Residual(a, b, product)) | ElementRange.NotZero(AddElements.Residual(product, c, r));
        return ElementRange.IsNone(bad);
    }

    private static Vector128<T> IsZeroSum<T>(Vector128<T> a, Vector128<T> b, Vector128<T> c) =>
        MultiplyElements.ZeroIsExact(a, b) & Vector128.Equals(c, Vector128<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Signs<T>()
    {
        if (typeof(T) == typeof(float))
        {
            uint even = TSigns.NegatesEven ? 1u << 31 : 0, odd = TSigns.NegatesOdd ? 1u << 31 : 0;
            return Vector128.Create(even, odd, even, odd).As<uint, T>();
        }
        return Vector128.Create(TSigns.NegatesEven ? 1ul << 63 : 0, TSigns.NegatesOdd ? 1ul << 63 : 0).As<ulong, T>();
    }
}
