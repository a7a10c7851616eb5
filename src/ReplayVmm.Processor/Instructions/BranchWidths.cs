using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>How wide a near branch's target is and what it must satisfy (SDM volume 1, 6.3; volume 3, 5.3.1).</summary>
internal unsafe interface IBranchWidth
{
    /// <summary>Cuts the target to the operand size; false where #GP is due: beyond the CS limit, or not canonical.</summary>
    static abstract bool Accepts(Core* c, ref ulong target);
}

/// <summary>64-bit mode: the target must be canonical.</summary>
internal readonly unsafe struct Branch64 : IBranchWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Accepts(Core* c, ref ulong target) => (ulong)((long)(target << 16) >> 16) == target;
}

/// <summary>32-bit operand size: EIP within the CS limit.</summary>
internal readonly unsafe struct Branch32 : IBranchWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Accepts(Core* c, ref ulong target)
    {
        target = (uint)target;
        return target <= c->State.SegmentLimit[(int)SegmentIndex.Cs];
    }
}

/// <summary>16-bit operand size: IP, upper half of EIP clear, within the CS limit.</summary>
internal readonly unsafe struct Branch16 : IBranchWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Accepts(Core* c, ref ulong target)
    {
        target = (ushort)target;
        return target <= c->State.SegmentLimit[(int)SegmentIndex.Cs];
    }
}

/// <summary>The two places a near branch can go to.</summary>
internal static unsafe class Branch
{
    /// <summary>Address of the instruction after <paramref name="i"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Next(Core* c, DecodedInstruction* i) => c->State.Rip + (uint)(i->Offset + i->Length);

    /// <summary>Goes to <paramref name="target"/>, or #GP(0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome To<TWidth>(Core* c, ulong target) where TWidth : struct, IBranchWidth
    {
        if (!TWidth.Accepts(c, ref target))
            return Fault.GeneralProtection(c);
        c->State.Rip = target;
        return Outcome.Jump;
    }

    /// <summary>Goes to the target of <paramref name="i"/> where <paramref name="taken"/>, else to the next instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome If<TWidth>(Core* c, DecodedInstruction* i, bool taken) where TWidth : struct, IBranchWidth
    {
        ulong next = Next(c, i), target = c->State.Rip + (ulong)i->Immediate;
        // Cut and checked whether or not it is taken: that keeps the common path free of branches on the guest's condition.
        bool accepted = TWidth.Accepts(c, ref target);
        if (!accepted & taken)
            return Fault.GeneralProtection(c);
        c->State.Rip = taken ? target : next;
        return Outcome.Jump;
    }
}
