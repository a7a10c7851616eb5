namespace ReplayVmm.Processor;

/// <summary>The segments of a task just entered: LDT first, then CS, SS and the data segments (SDM volume 3, table 7-1).</summary>
internal static unsafe class TaskSegments
{
    /// <summary>
    /// Puts the selectors in, unusable but in virtual-8086 mode, which needs no descriptors: a fault finds the new task's selectors, and its privilege, whatever failed.
    /// </summary>
    public static void PutSelectors(Core* c, in TaskImage image)
    {
        int cpl = image.Selectors[(int)SegmentIndex.Cs] & 3;
        for (int n = 0; n < 6; n++)
        {
            if ((c->State.Rflags & Rflags.Vm) != 0)
                SegmentRegister.SetVirtual8086(c, (SegmentIndex)n, image.Selectors[n]);
            else
                SegmentRegister.SetNull(c, (SegmentIndex)n, image.Selectors[n], n == (int)SegmentIndex.Ss ? cpl : 0);
        }
        SegmentRegister.SetNull(c, SegmentIndex.Ldtr, image.Ldt);
    }

    /// <summary>Loads their descriptors, after <see cref="PutSelectors"/>. False: a fault is pending.</summary>
    public static bool TryLoad(Core* c, in TaskImage image, uint external)
    {
        int cpl = image.Selectors[(int)SegmentIndex.Cs] & 3;
        if (!TryLoadLdt(c, image.Ldt, external))
            return false;
        if ((c->State.Rflags & Rflags.Vm) != 0)
            return IsInside(c, external);
        if (!TryLoadCode(c, image.Selectors[(int)SegmentIndex.Cs], external)
            || !TryLoadStack(c, image.Selectors[(int)SegmentIndex.Ss], cpl, external))
            return false;
        for (int n = 0; n < 6; n++)
        {
            if ((SegmentIndex)n is not (SegmentIndex.Cs or SegmentIndex.Ss) && !TryLoadData(c, (SegmentIndex)n, image.Selectors[n], cpl, external))
                return false;
        }
        return IsInside(c, external);
    }

    private static bool TryLoadLdt(Core* c, ushort selector, uint external)
    {
        if (DescriptorTable.IsNull(selector))
            return true;
        if ((selector & 4) != 0)
            return Refuse(c, Vector.Ts, selector, external);
        if (!DescriptorTable.TryRead(c, selector, Vector.Ts, external, out Descriptor d))
            return false;
        if (!d.IsSystem || d.Type != Descriptor.Ldt || !d.IsPresent)
            return Refuse(c, Vector.Ts, selector, external);
        SegmentRegister.Set(c, SegmentIndex.Ldtr, selector, d.Base, d.Limit, d.Attributes);
        return true;
    }

    private static bool TryLoadCode(Core* c, ushort selector, uint external)
    {
        if (!TryRead(c, selector, external, out Descriptor d))
            return false;
        bool right = d.IsCode && (d.IsConforming ? d.Dpl <= (selector & 3) : d.Dpl == (selector & 3));
        if (!right || !d.IsPresent)
            return Refuse(c, right ? Vector.Np : Vector.Ts, selector, external);
        return TryPut(c, SegmentIndex.Cs, selector, d);
    }

    private static bool TryLoadStack(Core* c, ushort selector, int cpl, uint external)
    {
        if (!TryRead(c, selector, external, out Descriptor d))
            return false;
        bool right = d.IsWritableData && d.Dpl == cpl && (selector & 3) == cpl;
        if (!right || !d.IsPresent)
            return Refuse(c, right ? Vector.Ss : Vector.Ts, selector, external);
        return TryPut(c, SegmentIndex.Ss, selector, d);
    }

    private static bool TryLoadData(Core* c, SegmentIndex segment, ushort selector, int cpl, uint external)
    {
        if (DescriptorTable.IsNull(selector))
            return true;
        if (!TryRead(c, selector, external, out Descriptor d))
            return false;
        bool right = d.IsReadable && (d.IsConforming || d.Dpl >= Math.Max(selector & 3, cpl));
        if (!right || !d.IsPresent)
            return Refuse(c, right ? Vector.Np : Vector.Ts, selector, external);
        return TryPut(c, segment, selector, d);
    }

    private static bool TryRead(Core* c, ushort selector, uint external, out Descriptor d)
    {
        d = default;
        return DescriptorTable.IsNull(selector)
            ? Refuse(c, Vector.Ts, selector, external)
            : DescriptorTable.TryRead(c, selector, Vector.Ts, external, out d);
    }

    private static bool TryPut(Core* c, SegmentIndex segment, ushort selector, in Descriptor d)
    {
        if (!DescriptorTable.SetAccessed(c, selector, d))
            return false;
        SegmentRegister.Set(c, segment, selector, d);
        return true;
    }

    private static bool IsInside(Core* c, uint external)
    {
        if ((uint)c->State.Rip <= c->State.SegmentLimit[(int)SegmentIndex.Cs])
            return true;
        Fault.Raise(c, Vector.Gp, external);
        return false;
    }

    private static bool Refuse(Core* c, byte vector, ushort selector, uint external)
    {
        Fault.Raise(c, vector, (selector & DescriptorTable.ErrorMask) | external);
        return false;
    }
}
