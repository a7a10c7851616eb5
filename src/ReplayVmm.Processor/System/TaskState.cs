namespace ReplayVmm.Processor;

/// <summary>
/// Reads of the current task-state segment (SDM volume 3, 7.2.1, 7.6 and 7.7): stacks, I/O permission bitmap, redirection bitmap.
/// </summary>
internal static unsafe class TaskState
{
    /// <summary>Offset of RSP0 in a 64-bit TSS.</summary>
    public const int LongStack = 4;
    /// <summary>Offset of IST1 in a 64-bit TSS.</summary>
    public const int InterruptStack = 36;
    /// <summary>Offset of the I/O map base in a 32- or 64-bit TSS.</summary>
    private const uint IoMapBase = 102;

    /// <summary>
    /// Reads SS and ESP (or SP) of level <paramref name="level"/> from a 16- or 32-bit TSS. False: #TS with TR's selector, or a fault of
    /// the read, is pending.
    /// </summary>
    public static bool TryReadStack(Core* c, int level, uint external, out ushort selector, out uint pointer)
    {
        (selector, pointer) = (0, 0);
        ref CpuState s = ref c->State;
        ulong tss = s.SegmentBase[(int)SegmentIndex.Tr];
        uint limit = s.SegmentLimit[(int)SegmentIndex.Tr];
        bool wide = (s.SegmentAttributes[(int)SegmentIndex.Tr] & 8) != 0;
        uint offset = wide ? ((uint)level * 8) + 4 : ((uint)level * 4) + 2;
        if (offset + (wide ? 5u : 3u) > limit)
            return Refuse(c, external);
        if (wide)
            return MemoryUnit.ReadSystem(c, (uint)(tss + offset), out pointer) && MemoryUnit.ReadSystem(c, (uint)(tss + offset + 4), out selector);
        if (!MemoryUnit.ReadSystem(c, (uint)(tss + offset), out ushort narrow) || !MemoryUnit.ReadSystem(c, (uint)(tss + offset + 2), out selector))
            return false;
        pointer = narrow;
        return true;
    }

    /// <summary>
    /// Reads a stack pointer at <paramref name="offset"/> of a 64-bit TSS. False: #TS with TR's selector, or a fault of the read, is
    /// pending.
    /// </summary>
    public static bool TryReadLong(Core* c, int offset, uint external, out ulong value)
    {
        value = 0;
        ref CpuState s = ref c->State;
        if ((uint)offset + 7 > s.SegmentLimit[(int)SegmentIndex.Tr])
            return Refuse(c, external);
        return MemoryUnit.ReadSystem(c, s.SegmentBase[(int)SegmentIndex.Tr] + (uint)offset, out value);
    }

    /// <summary>
    /// Whether the I/O permission bitmap lets <paramref name="size"/> ports at <paramref name="port"/> through. False: #GP(0), or a fault
    /// of the reads, is pending.
    /// </summary>
    public static bool TryAllowPorts(Core* c, ushort port, int size)
    {
        if (!TryReadMapBase(c, out uint map, out bool exists))
            return false;
        uint offset = map + ((uint)port >> 3);
        if (exists && offset + 1 <= c->State.SegmentLimit[(int)SegmentIndex.Tr])
        {
            if (!MemoryUnit.ReadSystem(c, Address(c, offset), out ushort bits))
                return false;
            if (((bits >> (port & 7)) & ((1 << size) - 1)) == 0)
                return true;
        }
        Fault.GeneralProtection(c);
        return false;
    }

    /// <summary>
    /// Whether the bitmap below the I/O map sends INT <paramref name="vector"/> of a virtual-8086 program to the program's own handler (a
    /// clear bit).
    /// False: #GP(0), or a fault of the reads, is pending.
    /// </summary>
    public static bool TryIsRedirected(Core* c, byte vector, out bool redirected)
    {
        redirected = false;
        if (!TryReadMapBase(c, out uint map, out bool exists))
            return false;
        uint offset = map - 32 + (vector / 8u);
        if (!exists || map < 32 || offset > c->State.SegmentLimit[(int)SegmentIndex.Tr])
        {
            Fault.GeneralProtection(c);
            return false;
        }
        if (!MemoryUnit.ReadSystem(c, Address(c, offset), out byte bits))
            return false;
        redirected = (bits & (1 << (vector & 7))) == 0;
        return true;
    }

    private static bool TryReadMapBase(Core* c, out uint map, out bool exists)
    {
        ref CpuState s = ref c->State;
        map = 0;
        uint attributes = s.SegmentAttributes[(int)SegmentIndex.Tr];
        exists = (attributes & SegmentAttribute.Unusable) == 0 && (attributes & 13) == Descriptor.Tss32
            && s.SegmentLimit[(int)SegmentIndex.Tr] >= IoMapBase + 1;
        if (!exists)
            return true;
        if (!MemoryUnit.ReadSystem(c, Address(c, IoMapBase), out ushort value))
            return false;
        map = value;
        return true;
    }

    private static ulong Address(Core* c, uint offset)
    {
        ulong linear = c->State.SegmentBase[(int)SegmentIndex.Tr] + offset;
        return OperatingMode.IsLong(c) ? linear : (uint)linear;
    }

    private static bool Refuse(Core* c, uint external)
    {
        Fault.Raise(c, Vector.Ts, (c->State.SegmentSelector[(int)SegmentIndex.Tr] & DescriptorTable.ErrorMask) | external);
        return false;
    }
}
