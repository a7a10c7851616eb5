namespace ReplayVmm.Processor;

/// <summary>Segment registers with their hidden parts (SDM volume 3, 3.4.3): how a value, once checked, is put in.</summary>
internal static unsafe class SegmentRegister
{
    /// <summary>Attributes of a segment in virtual-8086 mode.</summary>
    public const uint Virtual8086Attributes = 0xF3;

    private const uint RealAttributes = 0x93;

    /// <summary>Puts in a code or data descriptor.</summary>
    public static void Set(Core* c, SegmentIndex segment, ushort selector, in Descriptor d) =>
        Set(c, segment, selector, d.Base, d.Limit, d.Attributes | SegmentAttribute.Accessed);

    /// <summary>Puts in all four parts.</summary>
    public static void Set(Core* c, SegmentIndex segment, ushort selector, ulong segmentBase, uint limit, uint attributes)
    {
        ref CpuState s = ref c->State;
        int n = (int)segment;
        s.SegmentSelector[n] = selector;
        s.SegmentBase[n] = segmentBase;
        s.SegmentLimit[n] = limit;
        s.SegmentAttributes[n] = attributes;
    }

    /// <summary>Puts in a null selector; for SS the privilege level stays readable in its DPL, as VMX keeps it.</summary>
    public static void SetNull(Core* c, SegmentIndex segment, ushort selector, int cpl = 0) =>
        Set(c, segment, selector, 0, 0, SegmentAttribute.Unusable | ((uint)cpl << SegmentAttribute.DplShift));

    /// <summary>
    /// Real-address mode: selector and base change; limit and size stay what they were ("unreal" limits outlive the switch), but a register
    /// that held no
    /// usable segment gets the reset limit.
    /// </summary>
    public static void SetReal(Core* c, SegmentIndex segment, ushort selector)
    {
        ref CpuState s = ref c->State;
        uint old = s.SegmentAttributes[(int)segment];
        bool unusable = (old & SegmentAttribute.Unusable) != 0;
        uint kept = old & (SegmentAttribute.Big | SegmentAttribute.Granularity | SegmentAttribute.Available);
        Set(c, segment, selector, (ulong)selector << 4, unusable ? 0xFFFF : s.SegmentLimit[(int)segment], RealAttributes | (unusable ? 0 : kept));
    }

    /// <summary>Virtual-8086 mode: everything follows from the selector.</summary>
    public static void SetVirtual8086(Core* c, SegmentIndex segment, ushort selector) =>
        Set(c, segment, selector, (ulong)selector << 4, 0xFFFF, Virtual8086Attributes);

    /// <summary>
    /// Loads ES, SS, DS, FS or GS as MOV, POP and LDS do, with every check of the present mode. False: a fault is pending, nothing has
    /// changed.
    /// </summary>
    public static bool TryLoad(Core* c, SegmentIndex segment, ushort selector)
    {
        if (OperatingMode.IsReal(c))
        {
            SetReal(c, segment, selector);
            return true;
        }
        if (OperatingMode.IsVirtual8086(c))
        {
            SetVirtual8086(c, segment, selector);
            return true;
        }
        return segment == SegmentIndex.Ss ? TryLoadStack(c, selector) : TryLoadData(c, segment, selector);
    }

    /// <summary>
    /// Nulls the selector of a data segment that the outer level <paramref name="cpl"/> may not use (RETF and IRET to an outer level), a null one with an
    /// RPL too. The base stays: in 64-bit mode that of FS and GS still counts.
    /// </summary>
    public static void DropIfInner(Core* c, SegmentIndex segment, int cpl)
    {
        uint attributes = c->State.SegmentAttributes[(int)segment];
        bool conforming = (attributes & (SegmentAttribute.Code | SegmentAttribute.DownOrConforming))
            == (SegmentAttribute.Code | SegmentAttribute.DownOrConforming);
        if ((attributes & SegmentAttribute.Unusable) != 0 || (!conforming && (int)((attributes >> SegmentAttribute.DplShift) & 3) < cpl))
            Set(c, segment, 0, c->State.SegmentBase[(int)segment], 0, SegmentAttribute.Unusable);
    }

    private static bool TryLoadStack(Core* c, ushort selector)
    {
        int cpl = c->State.Cpl;
        if (DescriptorTable.IsNull(selector))
        {
            if (OperatingMode.Is64Bit(c) && cpl != 3 && (selector & 3) == cpl)
            {
                SetNull(c, SegmentIndex.Ss, selector, cpl);
                return true;
            }
            Fault.GeneralProtection(c);
            return false;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out Descriptor d))
            return false;
        if ((selector & 3) != cpl || !d.IsWritableData || d.Dpl != cpl)
            return Refuse(c, Vector.Gp, selector);
        if (!d.IsPresent)
            return Refuse(c, Vector.Ss, selector);
        if (!DescriptorTable.SetAccessed(c, selector, d))
            return false;
        Set(c, SegmentIndex.Ss, selector, d);
        return true;
    }

    private static bool TryLoadData(Core* c, SegmentIndex segment, ushort selector)
    {
        if (DescriptorTable.IsNull(selector))
        {
            SetNull(c, segment, selector);
            return true;
        }
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out Descriptor d))
            return false;
        int level = Math.Max(selector & 3, c->State.Cpl);
        if (!d.IsReadable || (!d.IsConforming && level > d.Dpl))
            return Refuse(c, Vector.Gp, selector);
        if (!d.IsPresent)
            return Refuse(c, Vector.Np, selector);
        if (!DescriptorTable.SetAccessed(c, selector, d))
            return false;
        Set(c, segment, selector, d);
        return true;
    }

    private static bool Refuse(Core* c, byte vector, ushort selector)
    {
        Fault.Raise(c, vector, selector & DescriptorTable.ErrorMask);
        return false;
    }
}
