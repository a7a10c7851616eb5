using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>VFMADD132PS and its like (SDM volume 2).</summary>
internal readonly struct PackedFused<TOrder, TSigns, TFormat> : IFloatOperation
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        for (int at = 0; at < call.Length; at += 16)
        {
            bool isDone = Elements.Size<TFormat>() == sizeof(float)
                ? FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryVector<float>(call, at)
                : FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryVector<double>(call, at);
            if (!isDone)
                return ExecuteExactly(call);
        }
        return 0;
    }

    private static int ExecuteExactly(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += Elements.Size<TFormat>())
            exceptions |= FusedMultiplyAdd<TOrder, TSigns, TFormat>.ExecuteExactly(call, at);
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>VFMADD132SS and its like: the other elements stay those of the destination (SDM volume 2).</summary>
internal readonly unsafe struct ScalarFused<TOrder, TSigns, TFormat> : IFloatOperation
    where TOrder : struct, IFusedOrder where TSigns : struct, IFusedSigns where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        Vector128.Load(call.Third).Store(call.Result);
        bool isDone = Elements.Size<TFormat>() == sizeof(float)
            ? FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryElement<float>(call)
            : FusedMultiplyAdd<TOrder, TSigns, TFormat>.TryElement<double>(call);
        return isDone ? 0 : Mxcsr.Reported(call.Mxcsr, FusedMultiplyAdd<TOrder, TSigns, TFormat>.ExecuteExactly(call, 0));
    }
}
