using System.Runtime.InteropServices;

namespace ReplayVmm.Silicon;

/// <summary>The context page, as the generated code addresses it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SiliconContext
{
    /// <summary>Registers to load.</summary>
    public SiliconRegisters Before;
    /// <summary>Registers stored.</summary>
    public SiliconRegisters After;
    /// <summary>What the signal handler noted.</summary>
    public long Signal;
    public ulong Vector;
    public ulong ErrorCode;
    public ulong FaultAddress;
    public ulong Rip;
    public ulong FaultFlags;
    /// <summary>CS in bits 15 to 0, SS in bits 63 to 48, as the signal frame has them.</summary>
    public ulong FaultSelectors;
    /// <summary>Where the signal handler goes on: the code that stores registers.</summary>
    public ulong Exit;
    public ulong HostStack;
    /// <summary>Base of FS that the runtime needs.</summary>
    public ulong HostFsBase;
    /// <summary>Base of GS that stands between cases.</summary>
    public ulong HostGsBase;
    /// <summary>Far pointer to the code that loads registers for compatibility mode.</summary>
    public ulong FarToNarrow;
    /// <summary>Address of the instruction, or far pointer (32-bit offset, then selector) outside 64-bit mode.</summary>
    public ulong Target;
    /// <summary>The selector of flat data.</summary>
    public ulong FlatData;
    /// <summary>Vector registers to load.</summary>
    public SiliconVectors VectorsBefore;
    /// <summary>Vector registers stored.</summary>
    public SiliconVectors VectorsAfter;
    /// <summary>MXCSR as the runtime has it.</summary>
    public ulong HostMxcsr;
}
