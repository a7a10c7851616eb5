using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>PADDB PADDW PADDD PADDQ.</summary>
internal readonly struct IntegerAdd<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => (first.As<byte, T>() + source.As<byte, T>()).AsByte();
}

/// <summary>PSUBB PSUBW PSUBD PSUBQ.</summary>
internal readonly struct IntegerSubtract<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => (first.As<byte, T>() - source.As<byte, T>()).AsByte();
}

/// <summary>PADDSB PADDSW PADDUSB PADDUSW.</summary>
internal readonly struct IntegerAddSaturate<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.AddSaturate(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PSUBSB PSUBSW PSUBUSB PSUBUSW.</summary>
internal readonly struct IntegerSubtractSaturate<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.SubtractSaturate(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PMINUB PMINSB PMINUW PMINSW PMINUD PMINSD.</summary>
internal readonly struct IntegerMinimum<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Min(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PMAXUB PMAXSB PMAXUW PMAXSW PMAXUD PMAXSD.</summary>
internal readonly struct IntegerMaximum<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Max(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PCMPEQB PCMPEQW PCMPEQD PCMPEQQ.</summary>
internal readonly struct IntegerEqual<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.Equals(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PCMPGTB PCMPGTW PCMPGTD PCMPGTQ.</summary>
internal readonly struct IntegerGreater<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Vector128.GreaterThan(first.As<byte, T>(), source.As<byte, T>()).AsByte();
}

/// <summary>PAVGB PAVGW: half the sum, rounded up; the sum itself may need one bit more than there is.</summary>
internal readonly struct IntegerAverage<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        ((first | source).As<byte, T>() - ((first ^ source).As<byte, T>() >>> 1)).AsByte();
}

/// <summary>PABSB PABSW PABSD: the most negative number stays.</summary>
internal readonly struct IntegerAbsolute<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<T> value = source.As<byte, T>();
        return Vector128.ConditionalSelect(Vector128.LessThan(value, Vector128<T>.Zero), -value, value).AsByte();
    }
}

/// <summary>PSIGNB PSIGNW PSIGND: the first, times the sign (-1, 0, 1) of the second.</summary>
internal readonly struct IntegerSign<T> : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<T> value, Vector128<T> sign, Vector128<T> zero) = (first.As<byte, T>(), source.As<byte, T>(), Vector128<T>.Zero);
        Vector128<T> signed = Vector128.ConditionalSelect(Vector128.LessThan(sign, zero), -value, value);
        return Vector128.AndNot(signed, Vector128.Equals(sign, zero)).AsByte();
    }
}

/// <summary>PHADDW PHSUBW PHADDSW PHSUBSW: <typeparamref name="TOp"/> on even and odd words, those of the first operand below those of the second.</summary>
internal readonly struct HorizontalWords<TOp> : IPackedOperation where TOp : struct, IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> low, Vector128<uint> high) = (first.AsUInt32(), source.AsUInt32());
        return TOp.Execute(Vector128.Narrow(low, high).AsByte(), Vector128.Narrow(low >>> 16, high >>> 16).AsByte());
    }
}

/// <summary>PHADDD PHSUBD.</summary>
internal readonly struct HorizontalDoublewords<TOp> : IPackedOperation where TOp : struct, IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<ulong> low, Vector128<ulong> high) = (first.AsUInt64(), source.AsUInt64());
        return TOp.Execute(Vector128.Narrow(low, high).AsByte(), Vector128.Narrow(low >>> 32, high >>> 32).AsByte());
    }
}
