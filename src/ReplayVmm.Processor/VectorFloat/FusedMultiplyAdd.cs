using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// The FMA instructions on one vector of 16 bytes or its lowest element: products and sums rounded once (SDM volume 1, 14.5). The host's own instruction is taken where it has one
/// and the conditions of <see cref="FastArithmetic"/> hold; elsewhere integers compute it.
/// </summary>
internal static unsafe class FusedMultiplyAdd<TOrder, TSigns, TFormat>
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <summary>Where operand <paramref name="which"/> of the sum stands: 0 and 1 are factors, 2 is the addend.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Operand(in FloatCall call, int which) => ((TOrder.Order >> (2 * which)) & 3) switch
    {
        0 => call.Third,
        1 => call.First,
        _ => call.Second,
    };

    /// <summary>A whole vector at <paramref name="at"/> by the host, where that is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryVector<T>(in FloatCall call, int at)
    {
        Vector128<T> a = Load<T>(Operand(call, 0) + at), b = Load<T>(Operand(call, 1) + at), c = Load<T>(Operand(call, 2) + at);
        if (!TryCompute(call.Mxcsr, a, b, c, out Vector128<T> r))
            return false;
        r.AsByte().Store(call.Result + at);
        return true;
    }

    /// <summary>The lowest element likewise; it stands in all places of the host's vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryElement<T>(in FloatCall call)
    {
        Vector128<T> a = Repeat<T>(Operand(call, 0)), b = Repeat<T>(Operand(call, 1)), c = Repeat<T>(Operand(call, 2));
        if (!TryCompute(call.Mxcsr, a, b, c, out Vector128<T> r))
            return false;
        Unsafe.WriteUnaligned(call.Result, r.ToScalar());
        return true;
    }

    /// <summary>One element exactly, and what it reports.</summary>
    public static int ExecuteExactly(in FloatCall call, int at)
    {
        FloatContext x = Mxcsr.Context(call.Mxcsr);
        ulong a = Elements.Read<TFormat>(Operand(call, 0) + at), b = Elements.Read<TFormat>(Operand(call, 1) + at), c = Elements.Read<TFormat>(Operand(call, 2) + at);
        bool isOdd = (at & Elements.Size<TFormat>()) != 0;
        ulong r = BinaryFloat<TFormat>.MultiplyAdd(ref x, a, b, c, TSigns.NegatesProduct, isOdd ? TSigns.NegatesOdd : TSigns.NegatesEven);
        Elements.Write<TFormat>(call.Result + at, r);
        return x.Exceptions;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCompute<T>(uint mxcsr, Vector128<T> a, Vector128<T> b, Vector128<T> c, out Vector128<T> r)
    {
        r = default;
        if (!HostFused.IsSupported || !FastArithmetic.IsNearest(mxcsr))
            return false;
        if (TSigns.NegatesProduct)
            a = -a;
        if (TSigns.NegatesEven || TSigns.NegatesOdd)
            c ^= Signs<T>();
        r = HostFused.MultiplyAdd(a, b, c);
        if (!FastArithmetic.IsSettled(mxcsr))
            return IsExact(a, b, c, r);
        Vector128<T> bad = ElementRange.NotNormal(a) | ElementRange.NotNormal(b) | ElementRange.NotNormal(c) | ElementRange.NotSurelyNormal(r);
        return ElementRange.IsNone(bad) || HasOnlyZeros(a, b, c, r);
    }

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

    private static Vector128<T> Signs<T>()
    {
        if (typeof(T) == typeof(float))
        {
            uint even = TSigns.NegatesEven ? 1u << 31 : 0, odd = TSigns.NegatesOdd ? 1u << 31 : 0;
            return Vector128.Create(even, odd, even, odd).As<uint, T>();
        }
        return Vector128.Create(TSigns.NegatesEven ? 1ul << 63 : 0, TSigns.NegatesOdd ? 1ul << 63 : 0).As<ulong, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Load<T>(byte* at) => Vector128.Load(at).As<byte, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Repeat<T>(byte* at) => Vector128.Create(Unsafe.ReadUnaligned<T>(at));
}
