namespace ReplayVmm.Silicon;

/// <summary>Where things lie in the child's address space, and in the interpreter's guest: the same linear addresses in both.</summary>
internal static class Layout
{
    /// <summary>Start of the fixed region, below 2 GiB so that 32-bit addresses and disp32 reach it.</summary>
    public const ulong Base = 0x2000_0000;
    /// <summary>The registers of the running case and the host's own stack pointer; far from the rest, because a case must not write there.</summary>
    public const ulong Context = Base - 0x100_0000;
    /// <summary>Code that loads and stores registers.</summary>
    public const ulong Trampolines = Context + 0x1000;
    /// <summary>Bytes of the two.</summary>
    public const ulong ContextSize = 0x1000 + TrampolinesSize;
    /// <summary>Bytes of the code.</summary>
    public const ulong TrampolinesSize = 0x2000;
    /// <summary>Two pages of the instruction under test, INT3 everywhere else. The page behind them is not there.</summary>
    public const ulong CodePage = Base + 0x2000;
    /// <summary>Bytes of the code pages, and of the code segments that start there.</summary>
    public const int CodeSize = 0x2000;
    /// <summary>
    /// Where the instruction under test usually stands on the code pages: the middle of the first. Its low byte is one that no high byte of a branch
    /// target has, so that a target read at an odd address never is the branch itself, which would not come back.
    /// </summary>
    public const int InstructionOffset = 0x9C0;
    /// <summary>A page that is not there.</summary>
    public const ulong HoleBelow = Base + 0x4000;
    /// <summary>Two pages of data.</summary>
    public const ulong Data = Base + 0x5000;
    /// <summary>A page that is not there.</summary>
    public const ulong HoleAbove = Base + 0x7000;
    /// <summary>A page that can only be read; all zero.</summary>
    public const ulong ReadOnly = Base + 0x8000;
    /// <summary>Bytes of the fixed region.</summary>
    public const ulong Size = 0x9000;
    /// <summary>The part of the data that a case fills and reports: it lies across the border of the two pages.</summary>
    public const ulong Window = Data + 0x1000 - (WindowSize / 2);
    /// <summary>Bytes of the window.</summary>
    public const int WindowSize = 1024;
    /// <summary>Base of GS in 64-bit mode where a case does not set its own.</summary>
    public const ulong GsBase = 0x1234_5000;
    /// <summary>Most jobs of one batch.</summary>
    public const int MaxJobs = 64;
    /// <summary>Most cases of one batch.</summary>
    public const int MaxCases = 1024;
    /// <summary>Bytes of a <see cref="SiliconCase"/>.</summary>
    public const int CaseSize = 3648;
    /// <summary>Bytes of a <see cref="SiliconJob"/>.</summary>
    public const int JobSize = 64;
    /// <summary>Where the jobs start in the shared file, behind <see cref="SiliconBatch"/>.</summary>
    public const int JobsAt = 64;
    /// <summary>Where the cases start in the shared file.</summary>
    public const int CasesAt = 8192;
    /// <summary>Bytes of the file that parent and child share.</summary>
    public const int FileSize = CasesAt + (MaxCases * CaseSize);
}
