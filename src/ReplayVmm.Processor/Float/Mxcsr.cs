namespace ReplayVmm.Processor;

/// <summary>MXCSR (SDM volume 1, 10.2.3): flags in bits 0 to 5, DAZ in 6, masks in 7 to 12, rounding in 13 and 14, FTZ in 15.</summary>
internal static class Mxcsr
{
    private const uint Daz = 1 << 6, Ftz = 1 << 15;
    private const int MaskShift = 7, RoundingFromControl = 3;

    /// <summary>Value after reset: all masked, to nearest.</summary>
    public const uint Initial = 0x1F80;

    /// <summary>MXCSR_MASK: the bits that may be set; any other is #GP(0).</summary>
    public const uint Defined = 0xFFFF;

    /// <summary>
    /// What one operation is told. An instruction on several elements makes one for each, and collects what they report: an exception of one element says nothing of another.
    /// </summary>
    public static FloatContext Context(uint mxcsr)
    {
        uint control = ((mxcsr >> MaskShift) & FloatContext.AllExceptions) | ((mxcsr >> RoundingFromControl) & 0xC00);
        return new FloatContext((ushort)control) { DenormalsAreZeros = (mxcsr & Daz) != 0, FlushesToZero = (mxcsr & Ftz) != 0 };
    }
}
