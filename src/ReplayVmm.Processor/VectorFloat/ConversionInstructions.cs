using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>Conversions of whole vectors: as many elements as fit into the wider of source and result, zeros above them (SDM volume 2, CVTPD2PS, CVTDQ2PD).</summary>
internal readonly unsafe struct PackedConversion<TOp> : IFloatOperation where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0, count = call.Length / Math.Max(TOp.SourceSize, TOp.ResultSize);
        Vector256<byte>.Zero.Store(call.Result);
        for (int n = 0; n < count; n++)
        {
            ulong r = TOp.Convert(call.Mxcsr, Elements.Read(call.Second + (n * TOp.SourceSize), TOp.SourceSize), ref exceptions);
            Elements.Write(call.Result + (n * TOp.ResultSize), TOp.ResultSize, r);
        }
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>Conversions into the lowest element; the others are those of the first source (SDM volume 2, CVTSS2SD, CVTSI2SD).</summary>
internal readonly unsafe struct ScalarConversion<TOp> : IFloatOperation where TOp : struct, IElementConversion
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        int exceptions = 0;
        Elements.Pass(call);
        Elements.Write(call.Result, TOp.ResultSize, TOp.Convert(call.Mxcsr, Elements.Read(call.Second, TOp.SourceSize), ref exceptions));
        return Mxcsr.Reported(call.Mxcsr, exceptions);
    }
}

/// <summary>VCVTPS2PH: singles to halves, rounded as the immediate says (SDM volume 2).</summary>
internal readonly struct HalfConversion : IFloatOperation
{
    /// <inheritdoc/>
    public static int Execute(in FloatCall call)
    {
        FloatCall rounded = call;
        rounded.Mxcsr = Mxcsr.WithRounding(call.Mxcsr, call.Control);
        return PackedConversion<SingleToHalf>.Execute(rounded);
    }
}
