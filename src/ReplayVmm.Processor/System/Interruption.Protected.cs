namespace ReplayVmm.Processor;

internal static unsafe partial class Interruption
{
    /// <summary>Task, interrupt and trap gates of 16 and 32 bits (SDM volume 3, 6.12; from virtual-8086 mode 20.3).</summary>
    private static bool DeliverProtected(Core* c, in Event e)
    {
        ref CpuState s = ref c->State;
        uint offset = (uint)e.Vector * 8;
        if (offset + 7 > s.IdtLimit)
            return RefuseGate(c, Vector.Gp, e);
        if (!MemoryUnit.ReadSystem(c, (uint)(s.IdtBase + offset), out ulong raw))
            return false;
        var gate = new Descriptor(raw);
        bool known = gate.IsSystem && gate.Type is Descriptor.TaskGate or Descriptor.InterruptGate16 or Descriptor.TrapGate16
            or Descriptor.InterruptGate32 or Descriptor.TrapGate32;
        if (!known || !gate.IsSystem || (e.Software && gate.Dpl < s.Cpl))
            return RefuseGate(c, Vector.Gp, e);
        if (!gate.IsPresent)
            return RefuseGate(c, Vector.Np, e);
        return gate.Type == Descriptor.TaskGate ? ThroughTask(c, e, gate.GateSelector) : ThroughGate(c, e, gate);
    }

    private static bool ThroughTask(Core* c, in Event e, ushort selector)
    {
        if (!TaskSwitch.TryFind(c, selector, e.External, Vector.Gp, out Descriptor tss))
            return false;
        uint? errorCode = e.HasErrorCode ? e.ErrorCode : null;
        return TaskSwitch.Switch(c, selector, tss, TaskSwitchCause.Gate, c->State.Rip, e.Flags, e.External, errorCode, e.Exception);
    }

    private static bool ThroughGate(Core* c, in Event e, in Descriptor gate)
    {
        ref CpuState s = ref c->State;
        ushort selector = gate.GateSelector;
        if (DescriptorTable.IsNull(selector))
        {
            Fault.Raise(c, Vector.Gp, e.External);
            return false;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, e.External, out Descriptor code))
            return false;
        int cpl = s.Cpl;
        if (!code.IsCode || code.Dpl > cpl)
            return Refuse(c, Vector.Gp, selector, e);
        if (!code.IsPresent)
            return Refuse(c, Vector.Np, selector, e);
        bool virtual8086 = OperatingMode.IsVirtual8086(c);
        int size = gate.Type is Descriptor.InterruptGate32 or Descriptor.TrapGate32 ? 4 : 2;
        uint target = size == 4 ? gate.GateOffset : gate.GateOffset & 0xFFFF;
        if (!code.IsConforming && code.Dpl < cpl)
        {
            if (virtual8086 && code.Dpl != 0)
                return Refuse(c, Vector.Gp, selector, e);
            if (!Inner(c, e, selector, code, size, target, virtual8086))
                return false;
            cpl = code.Dpl;
        }
        else
        {
            if (virtual8086)
                return Refuse(c, Vector.Gp, selector, e);
            StackCursor stack = StackCursor.Current(c, e.External);
            if (!stack.HasRoom(e.HasErrorCode ? 4 : 3, size) || !IsInside(c, e, code, target) || !PushFrame(c, e, ref stack, size)
                || !DescriptorTable.SetAccessed(c, selector, code))
                return false;
            stack.Commit();
        }
        SegmentRegister.Set(c, SegmentIndex.Cs, (ushort)((selector & ~3) | cpl), code);
        s.Rip = target;
        EnterGate(c, (gate.Type & 1) == 0);
        return true;
    }

    /// <summary>
    /// Entry at an inner level: the stack comes from the TSS; from virtual-8086 mode the data segments are saved and nulled.
    /// </summary>
    private static bool Inner(Core* c, in Event e, ushort selector, in Descriptor code, int size, uint target, bool virtual8086)
    {
        ref CpuState s = ref c->State;
        if (!TaskState.TryReadStack(c, code.Dpl, e.External, out ushort stackSelector, out uint pointer)
            || !TryStackSegment(c, stackSelector, code.Dpl, e.External, out Descriptor ss))
            return false;
        StackCursor stack = StackCursor.Of(c, ss, pointer, code.Dpl, (stackSelector & DescriptorTable.ErrorMask) | e.External);
        int slots = (virtual8086 ? 9 : 5) + (e.HasErrorCode ? 1 : 0);
        if (!stack.HasRoom(slots, size) || !IsInside(c, e, code, target))
            return false;
        if (virtual8086)
        {
            if (!stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Gs]) || !stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Fs])
                || !stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Ds]) || !stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Es]))
                return false;
        }
        if (!stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Ss]) || !stack.Push(size, s.Gpr[4]) || !PushFrame(c, e, ref stack, size)
            || !DescriptorTable.SetAccessed(c, stackSelector, ss) || !DescriptorTable.SetAccessed(c, selector, code))
            return false;
        if (virtual8086)
        {
            SegmentRegister.SetNull(c, SegmentIndex.Gs, 0);
            SegmentRegister.SetNull(c, SegmentIndex.Fs, 0);
            SegmentRegister.SetNull(c, SegmentIndex.Ds, 0);
            SegmentRegister.SetNull(c, SegmentIndex.Es, 0);
        }
        SegmentRegister.Set(c, SegmentIndex.Ss, stackSelector, ss);
        stack.Commit();
        return true;
    }

    private static bool PushFrame(Core* c, in Event e, ref StackCursor stack, int size)
    {
        ref CpuState s = ref c->State;
        return stack.Push(size, e.Flags) && stack.Push(size, s.SegmentSelector[(int)SegmentIndex.Cs]) && stack.Push(size, s.Rip)
            && (!e.HasErrorCode || stack.Push(size, e.ErrorCode));
    }

    private static bool IsInside(Core* c, in Event e, in Descriptor code, uint target)
    {
        if (target <= code.Limit)
            return true;
        Fault.Raise(c, Vector.Gp, e.External);
        return false;
    }

    /// <summary>
    /// Checks the stack segment that a TSS names for level <paramref name="level"/>: #TS, or #SS where it is not present, with its selector
    /// (SDM volume 2, INT n and CALL).
    /// </summary>
    public static bool TryStackSegment(Core* c, ushort selector, int level, uint external, out Descriptor ss)
    {
        ss = default;
        if (DescriptorTable.IsNull(selector))
        {
            Fault.Raise(c, Vector.Ts, external);
            return false;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Ts, external, out ss))
            return false;
        bool right = (selector & 3) == level && ss.Dpl == level && ss.IsWritableData;
        if (right && ss.IsPresent)
            return true;
        Fault.Raise(c, right ? Vector.Ss : Vector.Ts, (selector & DescriptorTable.ErrorMask) | external);
        return false;
    }
}
