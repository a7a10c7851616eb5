namespace ReplayVmm.Processor;

/// <summary>Descriptors in the GDT and the current LDT, by selector (SDM volume 3, 3.4.2 and 3.5.1).</summary>
internal static unsafe class DescriptorTable
{
    /// <summary>The part of a selector that an error code names: index and table.</summary>
    public const uint ErrorMask = 0xFFFC;

    /// <summary>True where the selector's index is 0 in the GDT.</summary>
    public static bool IsNull(ushort selector) => (selector & ErrorMask) == 0;

    /// <summary>
    /// Reads a descriptor. False: it lies outside its table and <paramref name="vector"/> with the selector's error code and
    /// <paramref name="external"/> is pending, or the read itself faulted.
    /// </summary>
    public static bool TryRead(Core* c, ushort selector, byte vector, uint external, out Descriptor descriptor)
    {
        descriptor = default;
        if (!TryAddress(c, selector, 8, out ulong address))
        {
            Fault.Raise(c, vector, (selector & ErrorMask) | external);
            return false;
        }
        if (!MemoryUnit.ReadSystem(c, address, out ulong raw))
            return false;
        descriptor = new Descriptor(raw);
        return true;
    }

    /// <summary>Reads the upper half of a 16-byte descriptor, faults as in <see cref="TryRead"/>.</summary>
    public static bool TryReadHigh(Core* c, ushort selector, byte vector, uint external, out ulong high)
    {
        high = 0;
        if (TryAddress(c, selector, 16, out ulong address))
            return MemoryUnit.ReadSystem(c, address + 8, out high);
        Fault.Raise(c, vector, (selector & ErrorMask) | external);
        return false;
    }

    /// <summary>Linear address of the descriptor; false where <paramref name="size"/> bytes there are not inside its table.</summary>
    public static bool TryAddress(Core* c, ushort selector, int size, out ulong address)
    {
        ref CpuState s = ref c->State;
        uint offset = selector & 0xFFF8u, limit;
        ulong tableBase;
        if ((selector & 4) == 0)
            (tableBase, limit) = (s.GdtBase, s.GdtLimit);
        else if ((s.SegmentAttributes[(int)SegmentIndex.Ldtr] & SegmentAttribute.Unusable) == 0)
            (tableBase, limit) = (s.SegmentBase[(int)SegmentIndex.Ldtr], s.SegmentLimit[(int)SegmentIndex.Ldtr]);
        else
        {
            address = 0;
            return false;
        }
        address = OperatingMode.IsLong(c) ? tableBase + offset : (uint)(tableBase + offset);
        return offset + (uint)(size - 1) <= limit;
    }

    /// <summary>Sets the accessed bit of a code or data descriptor that was just read. False: the store faulted.</summary>
    public static bool SetAccessed(Core* c, ushort selector, in Descriptor descriptor)
    {
        if ((descriptor.Type & 1) != 0)
            return true;
        return TryAddress(c, selector, 8, out ulong address)
            && MemoryUnit.WriteSystem(c, address + 5, (byte)((byte)(descriptor.Raw >> 40) | 1));
    }

    /// <summary>Sets or clears the busy bit of a TSS descriptor. False: the access faulted.</summary>
    public static bool SetBusy(Core* c, ushort selector, bool busy)
    {
        if (!TryAddress(c, selector, 8, out ulong address) || !MemoryUnit.ReadSystem(c, address + 5, out byte type))
            return false;
        return MemoryUnit.WriteSystem(c, address + 5, (byte)(busy ? type | 2 : type & ~2));
    }
}
