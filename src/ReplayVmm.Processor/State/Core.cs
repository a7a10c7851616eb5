using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// What an instruction handler works on: the architectural state and, behind it, everything derived from it for speed. Only
/// <see cref="State"/> is hashed and saved; the rest can be thrown away between runs and made anew.
/// </summary>
// SAFETY: lives in native memory owned by the interpreter for the interpreter's life; all pointers in it are owned there too.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Core
{
    /// <summary>The architectural state; first, so that an operand's byte offset counts from the core's own address.</summary>
    public CpuState State;

    /// <summary>
    /// The last arithmetic result, sign-extended: ZF is "it is zero", SF its top bit, PF the parity of its low byte.
    /// <see cref="Flags"/> explains.
    /// </summary>
    public ulong FlagResult;

    /// <summary>The carries of the last arithmetic operation: CF in bit 63, CF^OF in bit 62, AF in bit 3; bits 0 and 1 flip PF and SF.</summary>
    public ulong FlagCarries;

    /// <summary>Virtual time at the start of the running block.</summary>
    public ulong Now;

    /// <summary>Virtual time at which the run stops.</summary>
    public ulong Limit;

    /// <summary>The table of fast translations for the present privilege and SMAP state: see <see cref="FastTranslation"/>.</summary>
    public FastTranslation* Fast;

    /// <summary>What <see cref="Outcome.Stop"/> stands for.</summary>
    public Pending Pending;

    /// <summary>Operating mode of the running block; see <see cref="ModeKey"/>.</summary>
    public ModeKey Mode;

    /// <summary>A GC handle of the <c>Interpreter</c>, for slow paths that need its managed parts.</summary>
    public nint Owner;

    /// <summary>Virtual time minus retired instructions: grows with REP iterations and event deliveries.</summary>
    public ulong TimeWithoutRetirement;

    /// <summary>Added to RIP to give the linear address: the base of CS, 0 in 64-bit mode.</summary>
    public ulong CodeBase;

    /// <summary>Bits of RIP and of a linear code address that count: 64 in 64-bit mode, elsewhere 32.</summary>
    public ulong CodeMask;

    /// <summary>Mode, privilege and generation of the entries of <see cref="Jumps"/> that may be used, in bits 63 to 48.</summary>
    public ulong JumpTag;

    /// <summary>Blocks by linear address.</summary>
    public JumpEntry* Jumps;

    /// <summary>The four tables of fast translations, in the order of <see cref="FastTable"/>.</summary>
    public FastTranslation* Tables;

    /// <summary>The table for the processor's own accesses.</summary>
    public FastTranslation* SystemFast;

    /// <summary>The TLB and what else is architecture beyond <see cref="State"/>.</summary>
    public TranslationMemory* Translation;

    /// <summary>What the fast translations were made under; a change drops them.</summary>
    public ulong DerivedKey;

    /// <summary>Indices from <see cref="Tables"/> of the fast translations that may be valid, as long as there are fewer than the capacity.</summary>
    public fixed ushort Filled[FilledCapacity];

    /// <summary>How many of <see cref="Filled"/> are in use; at the capacity nothing is known.</summary>
    public int FilledCount;

    /// <summary>Above this, clearing all is as quick.</summary>
    public const int FilledCapacity = 256;

    /// <summary>Answers of devices to the running instruction: how many there are, and how many it has used in this attempt.</summary>
    public int AnswerCount, AnswersUsed;

    /// <summary>Breakpoints hit by the running instruction, as in DR6; only kept while <see cref="Debugging"/>.</summary>
    public uint DebugHits;

    /// <summary>DR7 enables a breakpoint.</summary>
    public bool Debugging;

    /// <summary>The running instruction is one after which TF as it is then, not as it was, decides about the single step: SYSCALL, SYSRET, INT n.</summary>
    public bool StepsByNewFlags;

    /// <summary>CS has a limit that RIP can pass.</summary>
    public bool CodeLimited;

    /// <summary>Accesses of the running program must be aligned (CR0.AM, RFLAGS.AC, CPL 3).</summary>
    public bool AlignmentChecked;

    /// <summary>A copy of the instruction that exited.</summary>
    public DecodedInstruction Exited;

    /// <summary>What devices answered to accesses whose effect is final is not asked for again.</summary>
    public void DropAnswers() => (AnswerCount, AnswersUsed) = (0, 0);
}

/// <summary>What stopped an instruction before it completed.</summary>
internal enum PendingKind : byte
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>An exception of the guest.</summary>
    Fault,
    /// <summary>A VM exit; it stands in the interpreter's exit slot.</summary>
    Exit,
}

/// <summary>The exception or exit that an instruction ended in.</summary>
internal struct Pending
{
    public PendingKind Kind;
    public byte Vector;
    public bool HasErrorCode;
    public uint ErrorCode;
    /// <summary>The cause is an address that is not canonical: #SS where the instruction addresses the stack.</summary>
    public bool NonCanonical;
    /// <summary>Linear address of a page fault, which goes to CR2 on delivery; bits for DR6 of a debug exception.</summary>
    public ulong Address;
}

/// <summary>How an instruction ended.</summary>
internal enum Outcome
{
    /// <summary>Completed; the next one in the block follows.</summary>
    Next = 0,
    /// <summary>Completed, and <see cref="CpuState.Rip"/> has been set to where the program goes on, in the same mode.</summary>
    Jump,
    /// <summary>
    /// Completed, RIP set as for <see cref="Jump"/>, and mode, translations, interruptibility or pending events may have changed: everything derived is looked up anew.
    /// </summary>
    Serialize,
    /// <summary>Not completed: <see cref="Core.Pending"/> says why. No architectural effect remains but what the manual says remains.</summary>
    Stop,
    /// <summary>
    /// A REP instruction gave up at the time limit after whole iterations: registers are exact, RIP stays at the instruction, which is not retired.
    /// </summary>
    Repeat,
    /// <summary>Not an instruction: the end of a block that does not end in a branch.</summary>
    BlockEnd,
}

/// <summary>
/// One fast translation: derived from the TLB, direct-mapped by linear page number, one table per privilege and SMAP state. An access of n bytes hits
/// where ((linear + n - 1) &amp; page mask) equals the tag of the entry of linear's page, so one that crosses a page never hits. A tag that must never hit
/// is <see cref="Invalid"/>. Pages with decoded code, not yet dirty pages, device pages and pages under a data breakpoint have no write (or no) tag.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct FastTranslation
{
    /// <summary>No page has this number.</summary>
    public const ulong Invalid = 1;
    /// <summary>Entries in a table.</summary>
    public const int Count = 1024;

    public ulong ReadTag;
    public ulong WriteTag;
    /// <summary>Host address minus linear address.</summary>
    public long Host;
    /// <summary>Tag of a page that could be stored to but for the decoded code in it.</summary>
    public ulong CodeWriteTag;
}

/// <summary>The tables of fast translations.</summary>
internal enum FastTable
{
    /// <summary>CPL 3.</summary>
    User,
    /// <summary>Supervisor, user pages forbidden (SMAP).</summary>
    SupervisorOnly,
    /// <summary>Supervisor, user pages allowed.</summary>
    Supervisor,
    /// <summary>Never filled: CPL 3 while alignment is checked.</summary>
    Never,
}

/// <summary>Everything that decides how bytes decode and how a block's operands are reached.</summary>
/// <param name="Bits">Bit layout: 0-1 code size (0: 16, 1: 32, 2: 64), 2-3 stack size likewise, 4 flat data segments, 5 user privilege.</param>
internal readonly record struct ModeKey(byte Bits)
{
    /// <summary>Code size in bits: 16, 32 or 64.</summary>
    public int CodeBits => (int)(0x1040_2010u >> ((Bits & 3) * 8)) & 0xFF;
    /// <summary>True in 16-bit code of real-address and virtual-8086 mode, where no VEX prefix exists (SDM volume 2, 2.3.5).</summary>
    public bool IsRealOrVirtual8086 => (Bits & 3) == 3;
    /// <summary>Width of the stack pointer in bits: 16, 32 or 64.</summary>
    public int StackBits => 16 << ((Bits >> 2) & 3);
    /// <summary>
    /// True where CS, SS, DS and ES are usable, readable (all but CS also writable), expand-up with limit FFFFFFFFh, so that 32-bit addresses need no checks.
    /// </summary>
    public bool Flat => (Bits & 16) != 0;
    /// <summary>True at CPL 3.</summary>
    public bool User => (Bits & 32) != 0;
}
