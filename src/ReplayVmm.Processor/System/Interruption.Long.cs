namespace ReplayVmm.Processor;

internal static unsafe partial class Interruption
{
    /// <summary>64-bit interrupt and trap gates, with interrupt stack tables (SDM volume 3, 6.14).</summary>
    private static bool DeliverLong(Core* c, in Event e)
    {
        ref CpuState s = ref c->State;
        uint offset = (uint)e.Vector * 16;
        if (offset + 15 > s.IdtLimit)
            return RefuseGate(c, Vector.Gp, e);
        if (!MemoryUnit.ReadSystem(c, s.IdtBase + offset, out ulong raw) || !MemoryUnit.ReadSystem(c, s.IdtBase + offset + 8, out ulong high))
            return false;
        var gate = new Descriptor(raw);
        if (!gate.IsSystem || gate.Type is not (Descriptor.InterruptGate32 or Descriptor.TrapGate32) || (e.Software && gate.Dpl < s.Cpl))
            return RefuseGate(c, Vector.Gp, e);
        if (!gate.IsPresent)
            return RefuseGate(c, Vector.Np, e);
        ushort selector = gate.GateSelector;
        if (DescriptorTable.IsNull(selector))
        {
            Fault.Raise(c, Vector.Gp, e.External);
            return false;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, e.External, out Descriptor code))
            return false;
        int cpl = s.Cpl;
        if (!code.IsCode || code.Dpl > cpl || !code.IsLong || code.IsBig)
            return Refuse(c, Vector.Gp, selector, e);
        if (!code.IsPresent)
            return Refuse(c, Vector.Np, selector, e);
        bool inner = !code.IsConforming && code.Dpl < cpl;
        int level = inner ? code.Dpl : cpl;
        ulong pointer = s.Gpr[4];
        if (gate.GateStack != 0)
        {
            if (!TaskState.TryReadLong(c, TaskState.InterruptStack + ((gate.GateStack - 1) * 8), e.External, out pointer))
                return false;
        }
        else if (inner && !TaskState.TryReadLong(c, TaskState.LongStack + (level * 8), e.External, out pointer))
        {
            return false;
        }
        // A pointer from the TSS must be an address itself; of the program's own only what is written counts.
        if ((inner || gate.GateStack != 0) && !OperatingMode.IsCanonical(pointer))
        {
            Fault.Raise(c, Vector.Ss, e.External);
            return false;
        }
        StackCursor stack = StackCursor.Flat64(c, pointer & ~15ul, level, e.External);
        if (!stack.HasRoom(e.HasErrorCode ? 6 : 5, 8))
            return false;
        ulong target = gate.GateOffset | (high << 32);
        if (!OperatingMode.IsCanonical(target))
        {
            Fault.Raise(c, Vector.Gp, e.External);
            return false;
        }
        if (!stack.Push(8, s.SegmentSelector[(int)SegmentIndex.Ss]) || !stack.Push(8, s.Gpr[4]) || !PushFrame(c, e, ref stack, 8)
            || !DescriptorTable.SetAccessed(c, selector, code))
            return false;
        stack.Commit();
        if (inner)
            SegmentRegister.SetNull(c, SegmentIndex.Ss, (ushort)level, level);
        SegmentRegister.Set(c, SegmentIndex.Cs, (ushort)((selector & ~3) | level), code);
        s.Rip = target;
        EnterGate(c, (gate.Type & 1) == 0);
        return true;
    }
}
