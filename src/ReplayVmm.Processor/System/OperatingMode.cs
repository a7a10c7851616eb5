using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// Operating modes and instruction addresses, from the architectural state alone (SDM volume 3, 2.2): right even where the running block's
/// <see cref="ModeKey"/> is about to change.
/// </summary>
internal static unsafe class OperatingMode
{
    /// <summary>Real-address mode: CR0.PE is clear.</summary>
    public static bool IsReal(Core* c) => (c->State.Cr0 & Cr0.Pe) == 0;

    /// <summary>Virtual-8086 mode.</summary>
    public static bool IsVirtual8086(Core* c) => (c->State.Rflags & Rflags.Vm) != 0 && (c->State.Cr0 & Cr0.Pe) != 0;

    /// <summary>Neither selectors nor privilege: real-address or virtual-8086 mode.</summary>
    public static bool IsRealOrVirtual8086(Core* c) => IsReal(c) || (c->State.Rflags & Rflags.Vm) != 0;

    /// <summary>IA-32e mode, 64-bit or compatibility: EFER.LMA.</summary>
    public static bool IsLong(Core* c) => (c->State.Efer & Efer.Lma) != 0;

    /// <summary>64-bit mode: IA-32e mode and CS.L.</summary>
    public static bool Is64Bit(Core* c) =>
        IsLong(c) && (c->State.SegmentAttributes[(int)SegmentIndex.Cs] & SegmentAttribute.Long) != 0;

    /// <summary>IOPL.</summary>
    public static int Iopl(Core* c) => (int)(c->State.Rflags >> 12) & 3;

    /// <summary>Address of the instruction.</summary>
    public static ulong Here(Core* c, DecodedInstruction* i) => Cut(c, c->State.Rip + i->Offset);

    /// <summary>Address of the instruction after it.</summary>
    public static ulong Next(Core* c, DecodedInstruction* i) => Cut(c, c->State.Rip + i->Offset + i->Length);

    /// <summary>True where bits 63 to 47 are equal (SDM volume 1, 3.3.7.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    /// <summary>Ends an instruction after which nothing derived changed: the program goes on behind it.</summary>
    public static Outcome GoOn(Core* c, DecodedInstruction* i)
    {
        c->State.Rip = Next(c, i);
        return Outcome.Jump;
    }

    /// <summary>Ends an instruction after which mode or interruptibility must be looked up anew.</summary>
    public static Outcome Serialize(Core* c, DecodedInstruction* i)
    {
        c->State.Rip = Next(c, i);
        Translations.ModeChanged(c);
        return Outcome.Serialize;
    }

    private static ulong Cut(Core* c, ulong address) => Is64Bit(c) ? address : (uint)address;
}
