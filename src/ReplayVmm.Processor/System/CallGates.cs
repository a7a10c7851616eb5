namespace ReplayVmm.Processor;

/// <summary>JMP and CALL through 16-, 32- and 64-bit call gates (SDM volume 3, 5.8.3 to 5.8.5).</summary>
internal static unsafe class CallGates
{
    /// <summary>Goes through a gate whose type, privilege and presence have been checked.</summary>
    public static Outcome Enter(Core* c, DecodedInstruction* i, ushort gateSelector, in Descriptor gate, bool call)
    {
        bool longMode = OperatingMode.IsLong(c);
        ulong high = 0;
        if (longMode)
        {
            if (!DescriptorTable.TryReadHigh(c, gateSelector, Vector.Gp, 0, out high))
                return Outcome.Stop;
            if (((high >> 40) & 31) != 0)
                return FarTransfers.Refuse(c, Vector.Gp, gateSelector);
        }
        ushort selector = gate.GateSelector;
        if (DescriptorTable.IsNull(selector))
            return Fault.GeneralProtection(c);
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out Descriptor code))
            return Outcome.Stop;
        int cpl = c->State.Cpl;
        bool inner = call && !code.IsConforming && code.Dpl < cpl;
        bool allowed = call || code.IsConforming ? code.Dpl <= cpl : code.Dpl == cpl;
        if (!code.IsCode || !allowed || (longMode && (!code.IsLong || code.IsBig)))
            return FarTransfers.Refuse(c, Vector.Gp, selector);
        if (!code.IsPresent)
            return FarTransfers.Refuse(c, Vector.Np, selector);
        int size = longMode ? 8 : gate.Type == Descriptor.CallGate32 ? 4 : 2;
        ulong target = size == 2 ? gate.GateOffset & 0xFFFF : gate.GateOffset | (high << 32);
        if (!FarTransfers.IsInside(c, code, target))
            return Outcome.Stop;
        int level = inner ? code.Dpl : cpl;
        ulong back = OperatingMode.Next(c, i);
        if (call)
        {
            bool pushed = inner ? longMode ? InnerLong(c, level, back) : Inner(c, gate, level, size, back) : SameLevel(c, size, back);
            if (!pushed)
                return Outcome.Stop;
        }
        if (!DescriptorTable.SetAccessed(c, selector, code))
            return Outcome.Stop;
        SegmentRegister.Set(c, SegmentIndex.Cs, (ushort)((selector & ~3) | level), code);
        return FarTransfers.Arrive(c, target);
    }

    private static bool SameLevel(Core* c, int size, ulong back)
    {
        StackCursor stack = size == 8 ? StackCursor.Flat64(c, c->State.Gpr[4], c->State.Cpl, 0) : StackCursor.Current(c);
        if (!stack.HasRoom(2, size) || !stack.Push(size, c->State.SegmentSelector[(int)SegmentIndex.Cs]) || !stack.Push(size, back))
            return false;
        stack.Commit();
        return true;
    }

    private static bool Inner(Core* c, in Descriptor gate, int level, int size, ulong back)
    {
        ref CpuState s = ref c->State;
        if (!TaskState.TryReadStack(c, level, 0, out ushort selector, out uint pointer)
            || !Interruption.TryStackSegment(c, selector, level, 0, out Descriptor ss))
            return false;
        StackCursor old = StackCursor.Current(c);
        StackCursor stack = StackCursor.Of(c, ss, pointer, level, selector & DescriptorTable.ErrorMask);
        if (!stack.HasRoom(4 + gate.GateParameters, size) || !stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Ss])
            || !stack.Push(size, s.Gpr[4]))
            return false;
        for (int n = gate.GateParameters - 1; n >= 0; n--)
        {
            if (!old.Peek(n * size, size, out ulong parameter) || !stack.Push(size, parameter))
                return false;
        }
        if (!stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Cs]) || !stack.Push(size, back)
            || !DescriptorTable.SetAccessed(c, selector, ss))
            return false;
        SegmentRegister.Set(c, SegmentIndex.Ss, selector, ss);
        stack.Commit();
        return true;
    }

    private static bool InnerLong(Core* c, int level, ulong back)
    {
        ref CpuState s = ref c->State;
        if (!TaskState.TryReadLong(c, TaskState.LongStack + (level * 8), 0, out ulong pointer))
            return false;
        StackCursor stack = StackCursor.Flat64(c, pointer, level, 0);
        if (!stack.HasRoom(4, 8) || !stack.Push(8, s.SegmentSelector[(int)SegmentIndex.Ss]) || !stack.Push(8, s.Gpr[4])
            || !stack.Push(8, s.SegmentSelector[(int)SegmentIndex.Cs]) || !stack.Push(8, back))
            return false;
        SegmentRegister.SetNull(c, SegmentIndex.Ss, (ushort)level, level);
        stack.Commit();
        return true;
    }
}
