using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>ADDSUBPS and ADDSUBPD: elements with even numbers are subtracted, the others added (SDM volume 2, ADDSUBPS).</summary>
internal readonly unsafe struct AddSubtract<TFormat> : IFloatOperation where TFormat : struct, IBinaryFormat
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        for (int at = 0; at < call.Length; at += 16)
        {
            bool isDone = Elements.Size<TFormat>() == sizeof(float)
                ? TryVector<float>(call, at, Vector128.Create(1u << 31, 0, 1u << 31, 0).AsSingle(), ref exceptions)
                : TryVector<double>(call, at, Vector128.Create(1ul << 63, 0).AsDouble(), ref exceptions);
            if (!isDone)
                return ExecuteExactly(call);
        }
        return exceptions;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryVector<T>(in FloatCall call, int at, Vector128<T> signs, ref int exceptions)
    {
        Vector128<T> a = Vector128.Load(call.First + at).As<byte, T>(), b = Vector128.Load(call.Second + at).As<byte, T>() ^ signs;
        if (!FastArithmetic.TryCompute<AddElements, T>(call.Mxcsr, a, b, out Vector128<T> r, ref exceptions))
            return false;
        r.AsByte().Store(call.Result + at);
        return true;
    }

    private static int ExecuteExactly(in FloatCall call)
    {
        int exceptions = 0, size = Elements.Size<TFormat>();
        for (int at = 0; at < call.Length; at += size)
        {
            FloatContext x = Mxcsr.Context(call.Mxcsr);
            ulong a = Elements.Read<TFormat>(call.First + at), b = Elements.Read<TFormat>(call.Second + at);
            bool adds = (at & size) != 0;
            Elements.Write<TFormat>(call.Result + at, adds ? BinaryFloat<TFormat>.Add(ref x, a, b) : BinaryFloat<TFormat>.Subtract(ref x, a, b));
            exceptions |= x.Exceptions;
        }
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}
