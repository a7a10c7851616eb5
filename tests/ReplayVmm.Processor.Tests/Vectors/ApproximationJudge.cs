using System.Runtime.InteropServices;
using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>Two processors' results of RCPPS or RSQRTPS: what is exact must be the same, the rest within the architecture's error of either side (SDM volume 2, RCPPS).</summary>
internal static class ApproximationJudge
{
    /// <summary>Both sides' relative errors together: 1.5 x 2^-12 each.</summary>
    private const double MostApart = 2 * 1.5 / 4096;
    private const uint Magnitude = 0x7FFF_FFFF, LeastNormal = 0x0080_0000, Infinite = 0x7F80_0000, NearlyLeast = 0x0081_0000;

    /// <summary>False where <paramref name="mnemonic"/> is no such instruction: then the bits must be the same.</summary>
    public static bool AreNear(Mnemonic mnemonic, ReadOnlySpan<ulong> silicon, ReadOnlySpan<ulong> ours)
    {
        if (mnemonic is not (Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Vrcpps or Mnemonic.Vrcpss
            or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss or Mnemonic.Vrsqrtps or Mnemonic.Vrsqrtss))
        {
            return false;
        }
        ReadOnlySpan<uint> left = MemoryMarshal.Cast<ulong, uint>(silicon), right = MemoryMarshal.Cast<ulong, uint>(ours);
        for (int n = 0; n < left.Length; n++)
        {
            if (!AreNear(left[n], right[n]))
                return false;
        }
        return true;
    }

    private static bool AreNear(uint silicon, uint ours)
    {
        if (silicon == ours)
            return true;
        uint theirs = silicon & Magnitude, own = ours & Magnitude;
        if (((silicon ^ ours) & ~Magnitude) != 0)
            return false;
        // A result on the border of the tiny ones may be flushed or not.
        if ((theirs == 0 && own is >= LeastNormal and < NearlyLeast) || (own == 0 && theirs is >= LeastNormal and < NearlyLeast))
            return true;
        if (theirs is < LeastNormal or >= Infinite || own is < LeastNormal or >= Infinite)
            return false;
        double left = BitConverter.UInt32BitsToSingle(theirs), right = BitConverter.UInt32BitsToSingle(own);
        return Math.Abs(left - right) <= MostApart * left;
    }
}
