using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Which of two elements goes on.</summary>
internal interface IChoice
{
    /// <summary>All ones where the first one does; no operand is a denormal or not a number.</summary>
    static abstract Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b);

    /// <summary>The exact operation.</summary>
    static abstract ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat;
}

/// <summary>MIN (SDM volume 2, MINPS).</summary>
internal readonly struct Lesser : IChoice
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b) => Vector128.LessThan(a, b);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Minimum(ref x, a, b);
}

/// <summary>MAX (SDM volume 2, MAXPS).</summary>
internal readonly struct Greater : IChoice
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> IsFirst<T>(Vector128<T> a, Vector128<T> b) => Vector128.GreaterThan(a, b);

    public static ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat => BinaryFloat<TFormat>.Maximum(ref x, a, b);
}

/// <summary>MINPS, MAXPS and their like (SDM volume 2).</summary>
internal readonly unsafe struct PackedChoice<TOp, TFormat> : IFloatOperation where TOp : struct, IChoice where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0; at < call.Length; at += 16)
        {
            bool isDone = Elements.Size<TFormat>() == sizeof(float) ? TryVector<float>(call, at) : TryVector<double>(call, at);
            if (!isDone)
                return ExecuteExactly(call);
        }
        return 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryVector<T>(in FloatCall call, int at)
    {
        Vector128<T> a = Vector128.Load(call.First + at).As<byte, T>(), b = Vector128.Load(call.Second + at).As<byte, T>();
        if (!ElementRange.IsNone(ElementRange.NotOrdered(a) | ElementRange.NotOrdered(b)))
            return false;
        Vector128.ConditionalSelect(TOp.IsFirst(a, b), a, b).AsByte().Store(call.Result + at);
        return true;
    }

    private static int ExecuteExactly(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
            exceptions |= ScalarChoice<TOp, TFormat>.ExecuteExactly(call, at);
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>MINSS, MAXSS and their like (SDM volume 2).</summary>
internal readonly unsafe struct ScalarChoice<TOp, TFormat> : IFloatOperation where TOp : struct, IChoice where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        Elements.Pass(call);
        bool isDone = Elements.Size<TFormat>() == sizeof(float) ? TryElement<float>(call) : TryElement<double>(call);
        return isDone ? 0 : Mxcsr.Reported(call.Mxcsr, ExecuteExactly(call, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryElement<T>(in FloatCall call)
    {
        Vector128<T> a = Vector128.Create(Unsafe.ReadUnaligned<T>(call.First)), b = Vector128.Create(Unsafe.ReadUnaligned<T>(call.Second));
        if (!ElementRange.IsNone(ElementRange.NotOrdered(a) | ElementRange.NotOrdered(b)))
            return false;
        Unsafe.WriteUnaligned(call.Result, Vector128.ConditionalSelect(TOp.IsFirst(a, b), a, b).ToScalar());
        return true;
    }

    /// <summary>One element, and what it reports.</summary>
    public static int ExecuteExactly(in FloatCall call, int at)
    {
        FloatContext x = Mxcsr.Context(call.Mxcsr);
        Elements.Write<TFormat>(call.Result + at, TOp.Exact<TFormat>(ref x, Elements.Read<TFormat>(call.First + at), Elements.Read<TFormat>(call.Second + at)));
        return x.Exceptions;
    }
}
