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
    public const ulong ContextSize = 0x2000;
    /// <summary>The page of the instruction under test, INT3 everywhere else.</summary>
    public const ulong CodePage = Base + 0x2000;
    /// <summary>The instruction under test.</summary>
    public const ulong Instruction = CodePage + 0x800;
    /// <summary>A page that is not there.</summary>
    public const ulong HoleBelow = Base + 0x3000;
    /// <summary>Two pages of data.</summary>
    public const ulong Data = Base + 0x4000;
    /// <summary>A page that is not there.</summary>
    public const ulong HoleAbove = Base + 0x6000;
    /// <summary>A page that can only be read; all zero.</summary>
    public const ulong ReadOnly = Base + 0x7000;
    /// <summary>Bytes of the fixed region.</summary>
    public const ulong Size = 0x8000;
    /// <summary>The part of the data that a case fills and reports: it lies across the border of the two pages.</summary>
    public const ulong Window = Data + 0x1000 - (WindowSize / 2);
    /// <summary>Bytes of the window.</summary>
    public const int WindowSize = 512;
    /// <summary>Base of GS while a case runs.</summary>
    public const ulong GsBase = 0x1234_5000;
    /// <summary>Bytes that a file shared by parent and child has.</summary>
    public const int FileSize = 4096 + (MaxCases * CaseSize);
    /// <summary>Most cases of one job.</summary>
    public const int MaxCases = 256;
    /// <summary>Bytes of a <see cref="SiliconCase"/>.</summary>
    public const int CaseSize = 2048;
}
