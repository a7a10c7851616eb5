using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>One execution: operands in, results out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Layout.CaseSize)]
internal unsafe struct SiliconCase
{
    /// <summary>Registers before.</summary>
    public SiliconRegisters Before;
    /// <summary>Registers after.</summary>
    public SiliconRegisters After;
    /// <summary>Signal that ended it, 0 for none; landing on INT3 after a branch is one too.</summary>
    public long Signal;
    /// <summary>Exception vector that the processor reported, where there was a signal.</summary>
    public ulong Vector;
    /// <summary>Error code of the exception.</summary>
    public ulong ErrorCode;
    /// <summary>Linear address of a page fault.</summary>
    public ulong FaultAddress;
    /// <summary>Instruction pointer that the exception pushed.</summary>
    public ulong Rip;
    /// <summary>The window before.</summary>
    public fixed byte MemoryBefore[Layout.WindowSize];
    /// <summary>The window after.</summary>
    public fixed byte MemoryAfter[Layout.WindowSize];
    /// <summary>Vector registers before, where the job has them.</summary>
    public SiliconVectors VectorsBefore;
    /// <summary>Vector registers after.</summary>
    public SiliconVectors VectorsAfter;
}

/// <summary>The vector registers of a user-mode program.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SiliconVectors
{
    /// <summary>YMM0 to YMM15, four quadwords each; where the host has no AVX only the lower two of each count.</summary>
    public fixed ulong Ymm[64];
    /// <summary>MM0 to MM7.</summary>
    public fixed ulong Mm[8];
    /// <summary>MXCSR.</summary>
    public ulong Mxcsr;
}

/// <summary>The registers of a user-mode program.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SiliconRegisters
{
    /// <summary>RAX to R15, in encoding order.</summary>
    public fixed ulong Gpr[16];
    /// <summary>RFLAGS.</summary>
    public ulong Rflags;
    /// <summary>Selectors of ES, CS, SS, DS, FS, GS, in encoding order; two unused.</summary>
    public fixed ushort Selectors[8];
    /// <summary>Base of FS, in 64-bit mode.</summary>
    public ulong FsBase;
    /// <summary>Base of GS, in 64-bit mode.</summary>
    public ulong GsBase;
}
