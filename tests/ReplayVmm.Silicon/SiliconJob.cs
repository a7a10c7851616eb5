using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>The head of the shared file: one instruction, to be executed with many operands.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SiliconJob
{
    /// <summary>Bytes of the instruction.</summary>
    public int Length;
    /// <summary>Cases that follow at offset 4096.</summary>
    public int Count;
    /// <summary>1: in a 32-bit code segment (compatibility mode), 0: in 64-bit mode.</summary>
    public int Compatibility;
    /// <summary>1: what follows the instruction is INT3, as everywhere else on its page, so that a branch is seen wherever it lands.</summary>
    public int IsBranch;
    /// <summary>Cases done; tells the parent where the child died.</summary>
    public int Done;
    /// <summary>1 where the child has no 32-bit code segment.</summary>
    public int CompatibilityMissing;
    /// <summary>Most bytes; several instructions may stand in the place of one.</summary>
    public const int MaxBytes = 32;
    /// <summary>The instruction.</summary>
    public fixed byte Bytes[MaxBytes];
}

/// <summary>One execution: operands in, results out.</summary>
[StructLayout(LayoutKind.Sequential, Size = Layout.CaseSize)]
internal unsafe struct SiliconCase
{
    /// <summary>Registers and flags before.</summary>
    public SiliconRegisters Before;
    /// <summary>Registers and flags after.</summary>
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
}

/// <summary>The general registers in encoding order, and RFLAGS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SiliconRegisters
{
    /// <summary>RAX to R15.</summary>
    public fixed ulong Gpr[16];
    /// <summary>RFLAGS: the arithmetic flags and DF.</summary>
    public ulong Rflags;
}

/// <summary>The context page, as the generated code addresses it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SiliconContext
{
    public SiliconRegisters Before;
    public SiliconRegisters After;
    public long Signal;
    public ulong Vector;
    public ulong ErrorCode;
    public ulong FaultAddress;
    public ulong Rip;
    /// <summary>Where the signal handler goes on: the code that stores registers in the running mode.</summary>
    public ulong Exit;
    public ulong HostStack;
    /// <summary>Far pointers, offset and selector.</summary>
    public ulong FarTo32;
    public ulong FarTo64;
}
