using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDSS and its like: the lowest elements; the others are those of the first source (SDM volume 1, 10.4.1.2).</summary>
internal readonly unsafe struct ScalarArithmetic<TOp, TFormat> : IFloatOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        Elements.Pass(call);
        bool isDone = Elements.Size<TFormat>() == sizeof(float) ? TryElement<float>(call, ref exceptions) : TryElement<double>(call, ref exceptions);
        return isDone ? exceptions : ExecuteExactly(call);
    }

    /// <summary>The element stands in all places of the host's vectors, so that none of them is unfit but it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryElement<T>(in FloatCall call, ref int exceptions)
    {
        Vector128<T> a = Vector128.Create(Unsafe.ReadUnaligned<T>(call.First)), b = Vector128.Create(Unsafe.ReadUnaligned<T>(call.Second));
        if (!FastArithmetic.TryCompute<TOp, T>(call.Mxcsr, a, b, out Vector128<T> r, ref exceptions))
            return false;
        Unsafe.WriteUnaligned(call.Result, r.ToScalar());
        return true;
    }

    private static int ExecuteExactly(in FloatCall call)
    {
        FloatContext x = Mxcsr.Context(call.Mxcsr);
        Elements.Write<TFormat>(call.Result, TOp.Exact<TFormat>(ref x, Elements.Read<TFormat>(call.First), Elements.Read<TFormat>(call.Second)));
        return Mxcsr.Reported(call.Mxcsr, x.Exceptions);
    }
}
