using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>One instruction, to be executed with many operands.</summary>
[StructLayout(LayoutKind.Sequential, Size = Layout.JobSize)]
internal unsafe struct SiliconJob
{
    /// <summary>Number of its first case in the batch.</summary>
    public int FirstCase;
    /// <summary>Cases of the job.</summary>
    public int Count;
    /// <summary>Bytes of the instruction.</summary>
    public int Length;
    /// <summary>Where it stands on the code pages.</summary>
    public int Offset;
    /// <summary>The code segment: one of <see cref="SegmentTable"/>.</summary>
    public int CodeSelector;
    /// <summary>1 where what follows the instruction is INT3, as everywhere else on its pages, so that a branch is seen wherever it lands.</summary>
    public int IsBranch;
    /// <summary>1 where segment registers and bases are loaded before, and stored after, in 64-bit mode too. Other modes always do.</summary>
    public int HasSegments;
    /// <summary>1 where vector registers and MXCSR are loaded before and stored after.</summary>
    public int HasVectors;
    /// <summary>Most bytes: there may be some that load and store registers around the instruction.</summary>
    public const int MaxBytes = 32;
    /// <summary>The instruction; more than 15 bytes for those that are too long.</summary>
    public fixed byte Bytes[MaxBytes];
}
