namespace ReplayVmm.Processor;

/// <summary>What a 16- or 32-bit TSS holds of a task (SDM volume 3, 7.2.1 and 7.6).</summary>
internal unsafe struct TaskImage
{
    /// <summary>CR3, 32-bit TSS only.</summary>
    public uint Cr3;
    /// <summary>EIP.</summary>
    public uint Eip;
    /// <summary>EFLAGS.</summary>
    public uint Eflags;
    /// <summary>EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.</summary>
    public fixed uint Registers[8];
    /// <summary>Selectors by <see cref="SegmentIndex"/>, ES to GS.</summary>
    public fixed ushort Selectors[6];
    /// <summary>LDT selector.</summary>
    public ushort Ldt;
    /// <summary>The T bit.</summary>
    public bool DebugTrap;

    /// <summary>Reads a TSS. False: a fault is pending.</summary>
    public static bool TryRead(Core* c, uint address, bool wide, out TaskImage image)
    {
        image = default;
        return wide ? image.TryRead32(c, address) : image.TryRead16(c, address);
    }

    /// <summary>
    /// Writes the running task's dynamic fields to its TSS; probed first, so that a fault leaves it whole. False: a fault is pending.
    /// </summary>
    public static bool TrySave(Core* c, uint address, bool wide, ulong rip, ulong flags)
    {
        ref CpuState s = ref c->State;
        if (!wide)
        {
            if (!MemoryUnit.ProbeSystem(c, address + 0x0E, 0x2A - 0x0E, write: true))
                return false;
            bool saved = MemoryUnit.WriteSystem(c, address + 0x0E, (ushort)rip) && MemoryUnit.WriteSystem(c, address + 0x10, (ushort)flags);
            for (uint n = 0; saved && n < 8; n++)
                saved = MemoryUnit.WriteSystem(c, address + 0x12 + (n * 2), (ushort)s.Gpr[n]);
            for (uint n = 0; saved && n < 4; n++)
                saved = MemoryUnit.WriteSystem(c, address + 0x22 + (n * 2), s.SegmentSelector[n]);
            return saved;
        }
        if (!MemoryUnit.ProbeSystem(c, address + 0x20, 0x5E - 0x20, write: true))
            return false;
        bool written = MemoryUnit.WriteSystem(c, address + 0x20, (uint)rip) && MemoryUnit.WriteSystem(c, address + 0x24, (uint)flags);
        for (uint n = 0; written && n < 8; n++)
            written = MemoryUnit.WriteSystem(c, address + 0x28 + (n * 4), (uint)s.Gpr[n]);
        for (uint n = 0; written && n < 6; n++)
            written = MemoryUnit.WriteSystem(c, address + 0x48 + (n * 4), s.SegmentSelector[n]);
        return written;
    }

    /// <summary>Puts general registers, EIP and EFLAGS in force; a 16-bit image leaves ones above its registers.</summary>
    public readonly void PutRegisters(Core* c, bool nested)
    {
        for (int n = 0; n < 8; n++)
            c->State.Gpr[n] = Registers[n];
        c->State.Rip = Eip;
        Flags.Load(c, (Eflags & Rflags.All) | Rflags.Fixed1 | (nested ? Rflags.Nt : 0));
    }

    private bool TryRead32(Core* c, uint address)
    {
        bool read = MemoryUnit.ReadSystem(c, address + 0x1C, out Cr3) && MemoryUnit.ReadSystem(c, address + 0x20, out Eip)
            && MemoryUnit.ReadSystem(c, address + 0x24, out Eflags) && MemoryUnit.ReadSystem(c, address + 0x60, out Ldt)
            && MemoryUnit.ReadSystem(c, address + 0x64, out ushort trap) && Note(trap);
        for (uint n = 0; read && n < 8; n++)
            read = MemoryUnit.ReadSystem(c, address + 0x28 + (n * 4), out Registers[n]);
        for (uint n = 0; read && n < 6; n++)
            read = MemoryUnit.ReadSystem(c, address + 0x48 + (n * 4), out Selectors[n]);
        return read;
    }

    private bool TryRead16(Core* c, uint address)
    {
        if (!MemoryUnit.ReadSystem(c, address + 0x0E, out ushort ip) || !MemoryUnit.ReadSystem(c, address + 0x10, out ushort flags)
            || !MemoryUnit.ReadSystem(c, address + 0x2A, out Ldt))
            return false;
        (Eip, Eflags) = (ip, flags);
        for (uint n = 0; n < 8; n++)
        {
            if (!MemoryUnit.ReadSystem(c, address + 0x12 + (n * 2), out ushort value))
                return false;
            Registers[n] = 0xFFFF0000 | value;
        }
        for (uint n = 0; n < 4; n++)
        {
            if (!MemoryUnit.ReadSystem(c, address + 0x22 + (n * 2), out Selectors[n]))
                return false;
        }
        return true;
    }

    private bool Note(ushort trap)
    {
        DebugTrap = (trap & 1) != 0;
        return true;
    }
}
