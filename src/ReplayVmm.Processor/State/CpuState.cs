using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// The architectural state of one logical processor: plain, copyable, comparable by its bytes, hashed as it lies in memory. It is
/// canonical whenever <see cref="IVirtualProcessor.Run"/> is not running. The first 256 bytes are what an instruction operand can name
/// with a one-byte offset; <see cref="Slot"/> gives those offsets.
/// </summary>
// SAFETY: unmanaged, explicit layout without overlap; the fixed buffers are only indexed with architectural register numbers.
[StructLayout(LayoutKind.Explicit, Size = 1248)]
public unsafe struct CpuState
{
    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, in encoding order.</summary>
    [FieldOffset(0)] public fixed ulong Gpr[16];

    /// <summary>Segment bases, indexed by <see cref="SegmentIndex"/>.</summary>
    [FieldOffset(128)] public fixed ulong SegmentBase[8];

    /// <summary>The register that is not there: always 0. An address without base, index or segment names it.</summary>
    [FieldOffset(192)] public ulong Zero;

    /// <summary>Instruction pointer. While a block of instructions runs it is the address of the block's first instruction.</summary>
    [FieldOffset(200)] public ulong Rip;

    /// <summary>RFLAGS. While instructions run, the six arithmetic flags stand in <see cref="Core"/> in a lazy form.</summary>
    [FieldOffset(208)] public ulong Rflags;

    /// <summary>Control register 0.</summary>
    [FieldOffset(216)] public ulong Cr0;
    /// <summary>Control register 2: the linear address of the last page fault.</summary>
    [FieldOffset(224)] public ulong Cr2;
    /// <summary>Control register 3.</summary>
    [FieldOffset(232)] public ulong Cr3;
    /// <summary>Control register 4.</summary>
    [FieldOffset(240)] public ulong Cr4;
    /// <summary>Control register 8: the task priority, 0 to 15.</summary>
    [FieldOffset(248)] public ulong Cr8;
    /// <summary>Extended control register 0.</summary>
    [FieldOffset(256)] public ulong Xcr0;

    /// <summary>DR0 to DR3.</summary>
    [FieldOffset(264)] public fixed ulong Dr[4];
    /// <summary>Debug status.</summary>
    [FieldOffset(296)] public ulong Dr6;
    /// <summary>Debug control.</summary>
    [FieldOffset(304)] public ulong Dr7;

    /// <summary>Segment limits in bytes (granularity applied), indexed by <see cref="SegmentIndex"/>.</summary>
    [FieldOffset(312)] public fixed uint SegmentLimit[8];
    /// <summary>Segment selectors, indexed by <see cref="SegmentIndex"/>.</summary>
    [FieldOffset(344)] public fixed ushort SegmentSelector[8];
    /// <summary>Segment attributes in the format of VMX access rights (SDM 25.4.1); see <see cref="SegmentAttribute"/>.</summary>
    [FieldOffset(360)] public fixed uint SegmentAttributes[8];

    /// <summary>GDT base.</summary>
    [FieldOffset(392)] public ulong GdtBase;
    /// <summary>IDT base.</summary>
    [FieldOffset(400)] public ulong IdtBase;
    /// <summary>GDT limit.</summary>
    [FieldOffset(408)] public ushort GdtLimit;
    /// <summary>IDT limit.</summary>
    [FieldOffset(410)] public ushort IdtLimit;
    /// <summary>What the processor does instead of executing; see <see cref="Processor.ActivityState"/>.</summary>
    [FieldOffset(412)] public uint Activity;
    /// <summary>Blocking of interrupts; see <see cref="InterruptibilityState"/>.</summary>
    [FieldOffset(416)] public uint Interruptibility;
    /// <summary>Unused; keeps the layout free of padding.</summary>
    [FieldOffset(420)] public uint Reserved;
    /// <summary>Pending debug exceptions in the format of DR6 (BS and B0 to B3), delivered before the next instruction.</summary>
    [FieldOffset(424)] public ulong PendingDebug;

    /// <summary>IA32_EFER.</summary>
    [FieldOffset(432)] public ulong Efer;
    /// <summary>IA32_STAR.</summary>
    [FieldOffset(440)] public ulong Star;
    /// <summary>IA32_LSTAR.</summary>
    [FieldOffset(448)] public ulong Lstar;
    /// <summary>IA32_CSTAR.</summary>
    [FieldOffset(456)] public ulong Cstar;
    /// <summary>IA32_FMASK.</summary>
    [FieldOffset(464)] public ulong Fmask;
    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    [FieldOffset(472)] public ulong KernelGsBase;
    /// <summary>IA32_SYSENTER_CS.</summary>
    [FieldOffset(480)] public ulong SysenterCs;
    /// <summary>IA32_SYSENTER_ESP.</summary>
    [FieldOffset(488)] public ulong SysenterEsp;
    /// <summary>IA32_SYSENTER_EIP.</summary>
    [FieldOffset(496)] public ulong SysenterEip;
    /// <summary>IA32_TSC_AUX.</summary>
    [FieldOffset(504)] public ulong TscAux;
    /// <summary>IA32_PAT.</summary>
    [FieldOffset(512)] public ulong Pat;
    /// <summary>IA32_DEBUGCTL.</summary>
    [FieldOffset(520)] public ulong DebugControl;
    /// <summary>What is added to (virtual time x ratio) to give the time-stamp counter.</summary>
    [FieldOffset(528)] public ulong TscOffset;
    /// <summary>The four PAE page-directory-pointer entries, loaded with CR3 under PAE paging.</summary>
    [FieldOffset(536)] public fixed ulong Pdpte[4];
    /// <summary>Instructions that this processor has completed.</summary>
    [FieldOffset(568)] public ulong Retired;
    /// <summary>1 where address line 20 is let through, 0 where it is held low.</summary>
    [FieldOffset(576)] public ulong AddressLine20;
    /// <summary>The event that the next entry delivers, in the format of VM-entry interruption information (SDM 25.8.3); 0 for none.</summary>
    [FieldOffset(584)] public uint EntryInterruption;
    /// <summary>The error code that goes with it.</summary>
    [FieldOffset(588)] public uint EntryErrorCode;
    /// <summary>The instruction length that goes with it (software interrupts).</summary>
    [FieldOffset(592)] public uint EntryInstructionLength;
    /// <summary>IDT-vectoring information (SDM 25.9.3): the event whose delivery an exit interrupted; 0 for none.</summary>
    [FieldOffset(596)] public uint IdtVectoring;
    /// <summary>The error code that goes with it.</summary>
    [FieldOffset(600)] public uint IdtVectoringErrorCode;
    /// <summary>Code segment selector of the last x87 instruction that was not a control instruction (FCS).</summary>
    [FieldOffset(604)] public ushort FpCodeSelector;
    /// <summary>Segment selector of its memory operand (FDS).</summary>
    [FieldOffset(606)] public ushort FpDataSelector;

    /// <summary>Significands of the x87 registers R0 to R7, physical numbers.</summary>
    [FieldOffset(608)] public fixed ulong FpSignificand[8];
    /// <summary>Signs (bit 15) and biased exponents of the x87 registers.</summary>
    [FieldOffset(672)] public fixed ushort FpSignExponent[8];
    /// <summary>x87 control word.</summary>
    [FieldOffset(688)] public ushort FpControl;
    /// <summary>x87 status word, TOP included.</summary>
    [FieldOffset(690)] public ushort FpStatus;
    /// <summary>One bit for each physical x87 register that is not empty.</summary>
    [FieldOffset(692)] public ushort FpTags;
    /// <summary>The last x87 opcode, 11 bits.</summary>
    [FieldOffset(694)] public ushort FpOpcode;
    /// <summary>Offset in its code segment of the last x87 instruction that was not a control instruction (FIP).</summary>
    [FieldOffset(696)] public ulong FpInstruction;
    /// <summary>Offset of its memory operand in the operand's segment (FDP).</summary>
    [FieldOffset(704)] public ulong FpData;

    /// <summary>SSE's control and status register (SDM volume 1, 10.2.3).</summary>
    [FieldOffset(712)] public uint Mxcsr;
    /// <summary>Unused; keeps the layout free of padding.</summary>
    [FieldOffset(716)] public uint Reserved2;
    /// <summary>IA32_XSS: supervisor state that XSAVES and XRSTORS handle.</summary>
    [FieldOffset(720)] public ulong Xss;
    /// <summary>Unused; puts the vector registers on a multiple of 32 bytes.</summary>
    [FieldOffset(728)] public ulong Reserved3;
    /// <summary>YMM0 to YMM15, four quadwords each; the lower two are XMM0 to XMM15.</summary>
    [FieldOffset(VectorOffset)] public fixed ulong Vector[64];

    /// <summary>Where <see cref="Vector"/> begins, in bytes.</summary>
    internal const int VectorOffset = 736;

    /// <summary>Current privilege level: 3 in virtual-8086 mode, 0 in real mode, otherwise SS.DPL.</summary>
    public readonly int Cpl => (int)(SegmentAttributes[(int)SegmentIndex.Ss] >> 5) & 3;
}

/// <summary>Numbers of the segment registers in encoding order, then the two system segments.</summary>
public enum SegmentIndex
{
    /// <summary>ES.</summary>
    Es,
    /// <summary>CS.</summary>
    Cs,
    /// <summary>SS.</summary>
    Ss,
    /// <summary>DS.</summary>
    Ds,
    /// <summary>FS.</summary>
    Fs,
    /// <summary>GS.</summary>
    Gs,
    /// <summary>The local descriptor table register.</summary>
    Ldtr,
    /// <summary>The task register.</summary>
    Tr,
}

/// <summary>Byte offsets in <see cref="CpuState"/> that a decoded operand names.</summary>
public static class Slot
{
    /// <summary>General register <paramref name="number"/> (0 to 15).</summary>
    public static byte Gpr(int number) => (byte)(number * 8);
    /// <summary>AH, CH, DH or BH for <paramref name="number"/> 0 to 3: the second byte of the register.</summary>
    public static byte HighByte(int number) => (byte)((number * 8) + 1);
    /// <summary>The base of segment <paramref name="index"/>.</summary>
    public static byte SegmentBase(SegmentIndex index) => (byte)(128 + ((int)index * 8));
    /// <summary>The register that is not there.</summary>
    public const byte Zero = 192;
    /// <summary>The block's first instruction pointer.</summary>
    public const byte Rip = 200;
}
