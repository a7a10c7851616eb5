using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDPS and its like: each element of one vector with the same element of the other (SDM volume 1, 10.4.1.2).</summary>
internal readonly unsafe struct PackedArithmetic<TOp, TFormat> : IFloatOperation where TOp : struct, IArithmetic where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += 16)
        {
            bool isDone = Elements.Size<TFormat>() == sizeof(float)
                ? TryVector<float>(call.Mxcsr, call.First + at, call.Second + at, call.Result + at, ref exceptions)
                : TryVector<double>(call.Mxcsr, call.First + at, call.Second + at, call.Result + at, ref exceptions);
            if (!isDone)
                return ExecuteExactly(call);
        }
        return exceptions;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryVector<T>(uint mxcsr, byte* first, byte* second, byte* result, ref int exceptions)
    {
        if (!FastArithmetic.TryCompute<TOp, T>(mxcsr, Vector128.Load(first).As<byte, T>(), Vector128.Load(second).As<byte, T>(), out Vector128<T> r, ref exceptions))
            return false;
        r.AsByte().Store(result);
        return true;
    }

    private static int ExecuteExactly(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
        {
            FloatContext x = Mxcsr.Context(call.Mxcsr);
            ulong r = TOp.Exact<TFormat>(ref x, Elements.Read<TFormat>(call.First + at), Elements.Read<TFormat>(call.Second + at));
            exceptions |= x.Exceptions;
            Elements.Write<TFormat>(call.Result + at, r);
        }
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}
