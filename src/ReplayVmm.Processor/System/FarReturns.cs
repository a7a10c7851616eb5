namespace ReplayVmm.Processor;

/// <summary>RETF and RETF imm16 (SDM volume 2, RET; volume 3, 5.8.6).</summary>
internal static unsafe class FarReturns
{
    /// <summary>RETF, RETF imm16.</summary>
    public static bool Bind(ref BindContext b)
    {
        b.Target->Immediate = b.Source.OpCount == 0 ? 0 : b.Source.Immediate16;
        b.Target->Handler = &Return;
        return true;
    }

    private static Outcome Return(Core* c, DecodedInstruction* i)
    {
        int size = FarTransfers.OperandSize(i), released = (int)i->Immediate;
        StackCursor stack = StackCursor.Current(c);
        if (!stack.Pop(size, out ulong target) || !stack.Pop(size, out ulong popped))
            return Outcome.Stop;
        stack.Skip(released);
        ushort selector = (ushort)popped;
        if (OperatingMode.IsRealOrVirtual8086(c))
        {
            if (!TryEnterReal(c, selector, target))
                return Outcome.Stop;
            stack.Commit();
            return FarTransfers.Arrive(c, target);
        }
        if (!TryReadCode(c, selector, out Descriptor code))
            return Outcome.Stop;
        int level = selector & 3;
        if (level == c->State.Cpl)
        {
            if (!FarTransfers.IsInside(c, code, target) || !DescriptorTable.SetAccessed(c, selector, code))
                return Outcome.Stop;
            stack.Commit();
            SegmentRegister.Set(c, SegmentIndex.Cs, selector, code);
            return FarTransfers.Arrive(c, target);
        }
        if (!stack.Pop(size, out ulong pointer) || !stack.Pop(size, out ulong stackSelector))
            return Outcome.Stop;
        return TryLeave(c, selector, code, target, (ushort)stackSelector, pointer, released) ? FarTransfers.Arrive(c, target) : Outcome.Stop;
    }

    /// <summary>Loads CS in real or virtual-8086 mode. False: #GP(0) is pending (beyond the limit).</summary>
    public static bool TryEnterReal(Core* c, ushort selector, ulong target)
    {
        bool virtual8086 = OperatingMode.IsVirtual8086(c);
        if (target > (virtual8086 ? 0xFFFF : c->State.SegmentLimit[(int)SegmentIndex.Cs]))
        {
            Fault.GeneralProtection(c);
            return false;
        }
        if (virtual8086)
            SegmentRegister.SetVirtual8086(c, SegmentIndex.Cs, selector);
        else
            SegmentRegister.SetReal(c, SegmentIndex.Cs, selector);
        return true;
    }

    /// <summary>Reads and checks the code segment that RETF and IRET return to. False: a fault is pending.</summary>
    public static bool TryReadCode(Core* c, ushort selector, out Descriptor code)
    {
        code = default;
        if (DescriptorTable.IsNull(selector))
        {
            Fault.GeneralProtection(c);
            return false;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out code))
            return false;
        int level = selector & 3;
        bool allowed = level >= c->State.Cpl && (code.IsConforming ? code.Dpl <= level : code.Dpl == level);
        if (allowed && FarTransfers.IsCodeHere(c, code) && code.IsPresent)
            return true;
        FarTransfers.Refuse(c, allowed && FarTransfers.IsCodeHere(c, code) ? Vector.Np : Vector.Gp, selector);
        return false;
    }

    /// <summary>
    /// Loads CS and SS:RSP of a return that pops a stack pointer, and nulls what the level may not keep. RIP is the caller's. False: a
    /// fault is pending,
    /// nothing has changed.
    /// </summary>
    public static bool TryLeave(
        Core* c, ushort selector, in Descriptor code, ulong target, ushort stackSelector, ulong pointer, int released)
    {
        int level = selector & 3, cpl = c->State.Cpl;
        bool longCode = OperatingMode.IsLong(c) && code.IsLong;
        bool nullStack = DescriptorTable.IsNull(stackSelector);
        Descriptor ss = default;
        if (nullStack)
        {
            if (!longCode || level == 3 || (stackSelector & 3) != level)
            {
                Fault.GeneralProtection(c);
                return false;
            }
        }
        else
        {
            if (!DescriptorTable.TryRead(c, stackSelector, Vector.Gp, 0, out ss))
                return false;
            bool right = (stackSelector & 3) == level && ss.IsWritableData && ss.Dpl == level;
            if (!right || !ss.IsPresent)
            {
                FarTransfers.Refuse(c, right ? Vector.Ss : Vector.Gp, stackSelector);
                return false;
            }
        }
        if (!FarTransfers.IsInside(c, code, target) || !DescriptorTable.SetAccessed(c, selector, code)
            || (!nullStack && !DescriptorTable.SetAccessed(c, stackSelector, ss)))
            return false;
        SegmentRegister.Set(c, SegmentIndex.Cs, selector, code);
        if (nullStack)
            SegmentRegister.SetNull(c, SegmentIndex.Ss, stackSelector, level);
        else
            SegmentRegister.Set(c, SegmentIndex.Ss, stackSelector, ss);
        StackCursor.Commit(c, pointer + (uint)released, longCode ? 64 : ss.IsBig ? 32 : 16);
        if (level > cpl)
        {
            SegmentRegister.DropIfInner(c, SegmentIndex.Es, level);
            SegmentRegister.DropIfInner(c, SegmentIndex.Fs, level);
            SegmentRegister.DropIfInner(c, SegmentIndex.Gs, level);
            SegmentRegister.DropIfInner(c, SegmentIndex.Ds, level);
        }
        return true;
    }
}
