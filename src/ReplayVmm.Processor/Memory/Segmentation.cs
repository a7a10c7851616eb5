namespace ReplayVmm.Processor;

/// <summary>Segment checks of data accesses (SDM volume 3, 5.3 to 5.5; in 64-bit mode only canonicality, 3.3.7.1).</summary>
internal static unsafe class Segmentation
{
    /// <summary>
    /// The linear address of effective address <paramref name="effective"/> in the segment that <paramref name="i"/> names, checked for an access of
    /// <paramref name="size"/> bytes. False: #GP(0), or #SS(0) for the stack segment, is pending.
    /// </summary>
    public static bool TryLinear(Core* c, DecodedInstruction* i, ulong effective, int size, bool write, out ulong linear)
    {
        if (i->Segment == Slot.Zero)
        {
            linear = effective;
            return true;
        }
        var segment = (SegmentIndex)((i->Segment - Slot.SegmentBase(SegmentIndex.Es)) / 8);
        return TryLinear(c, segment, effective, size, write, out linear);
    }

    /// <summary>As above, for a segment register given by number (string and stack instructions).</summary>
    public static bool TryLinear(Core* c, SegmentIndex segment, ulong effective, int size, bool write, out ulong linear)
    {
        ref CpuState s = ref c->State;
        if (c->Mode.CodeBits == 64)
        {
            linear = segment >= SegmentIndex.Fs ? s.SegmentBase[(int)segment] + effective : effective;
            return true;
        }
        linear = (uint)(s.SegmentBase[(int)segment] + effective);
        uint attributes = s.SegmentAttributes[(int)segment];
        if (Allows(attributes, write) && Within(attributes, s.SegmentLimit[(int)segment], effective, (uint)size))
            return true;
        Fault.Raise(c, segment == SegmentIndex.Ss ? Vector.Ss : Vector.Gp, 0);
        return false;
    }

    private static bool Allows(uint attributes, bool write)
    {
        if ((attributes & SegmentAttribute.Unusable) != 0)
            return false;
        bool code = (attributes & SegmentAttribute.Code) != 0, readWrite = (attributes & SegmentAttribute.ReadWrite) != 0;
        return write ? !code && readWrite : !code || readWrite;
    }

    private static bool Within(uint attributes, uint limit, ulong offset, uint size)
    {
        ulong last = offset + (size - 1);
        bool down = (attributes & (SegmentAttribute.Code | SegmentAttribute.DownOrConforming)) == SegmentAttribute.DownOrConforming;
        if (!down)
            return last <= limit;
        uint top = (attributes & SegmentAttribute.Big) != 0 ? uint.MaxValue : 0xFFFF;
        return offset > limit && last <= top;
    }
}
