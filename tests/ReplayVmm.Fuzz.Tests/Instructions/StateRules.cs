using ReplayVmm.Processor;
using static ReplayVmm.Fuzz.Tests.FuzzException;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// What is true of a processor's state between any two instructions, whatever a guest did (after the checks of VM entries, SDM volume 3,
/// 27.3.1).
/// </summary>
// SAFETY: fixed arrays of the state, indexed with architectural register numbers; the core belongs to the processor.
internal static unsafe class StateRules
{
    /// <summary>Checks registers and segments.</summary>
    /// <param name="s">The state.</param>
    /// <param name="faulted">An exception is on its way: a task switch that faulted may have left segments without a descriptor.</param>
    public static void Check(in CpuState s, bool faulted)
    {
        faulted |= (s.EntryInterruption & (1u << 31)) != 0;
        bool wide = (s.Efer & Efer.Lma) != 0, protectedMode = (s.Cr0 & Cr0.Pe) != 0, virtual8086 = (s.Rflags & Rflags.Vm) != 0;
        uint cs = s.SegmentAttributes[(int)SegmentIndex.Cs], ss = s.SegmentAttributes[(int)SegmentIndex.Ss];
        bool is64 = wide && (cs & SegmentAttribute.Long) != 0;
        Unless((s.Rflags & Rflags.Fixed1) != 0 && (s.Rflags & ~Rflags.All) == 0, $"RFLAGS {s.Rflags:x}");
        Unless(!virtual8086 || (protectedMode && !wide), "virtual-8086 mode outside protected mode");
        Unless((s.Cr0 & Cr0.Pg) == 0 || protectedMode, $"CR0 {s.Cr0:x}");
        Unless((s.Cr0 & (Cr0.Nw | Cr0.Cd)) != Cr0.Nw, $"CR0 {s.Cr0:x}");
        Unless(wide == ((s.Efer & Efer.Lme) != 0 && (s.Cr0 & Cr0.Pg) != 0), $"EFER {s.Efer:x} with CR0 {s.Cr0:x}");
        Unless(!wide || (s.Cr4 & Cr4.Pae) != 0, $"CR4 {s.Cr4:x} in IA-32e mode");
        Unless((s.Cr4 & Cr4.Pcide) == 0 || wide, $"CR4 {s.Cr4:x} outside IA-32e mode");
        Unless((s.Dr6 >> 32) == 0 && (s.Dr7 >> 32) == 0, $"DR6 {s.Dr6:x}, DR7 {s.Dr7:x}");
        Unless(Canonical(s.GdtBase) && Canonical(s.IdtBase), $"GDT {s.GdtBase:x}, IDT {s.IdtBase:x}");
        Unless(s.Zero == 0 && s.Reserved == 0, "a register that is not there");
        CheckRip(s, is64, cs);
        CheckInterruptibility(s);
        for (SegmentIndex n = SegmentIndex.Es; n <= SegmentIndex.Tr; n++)
            CheckSegment(s, n, virtual8086);
        if (!protectedMode)
            Unless(s.Cpl == 0, $"CPL {s.Cpl} in real mode");
        else if (!virtual8086 && !faulted)
            CheckPrivilege(s.Cpl, cs, ss, is64);
        if (faulted)
            return;
        uint tr = s.SegmentAttributes[(int)SegmentIndex.Tr];
        Unless((tr & 0x1009F) is 0x8B || (!wide && (tr & 0x1009F) is 0x83), $"TR attributes {tr:x}");
        uint ldtr = s.SegmentAttributes[(int)SegmentIndex.Ldtr];
        Unless((ldtr & SegmentAttribute.Unusable) != 0 || (ldtr & 0x9F) == 0x82, $"LDTR attributes {ldtr:x}");
    }

    /// <summary>Checks that what is derived from the TLB is in it (decision 3).</summary>
    public static void CheckDerived(Interpreter cpu)
    {
        Core* c = cpu.Core;
        ref CpuState s = ref c->State;
        bool paging = (s.Cr0 & Cr0.Pg) != 0;
        ulong pcid = Tlb.CurrentPcid(ref s);
        for (int n = 0; n < (int)FastTable.Never * FastTranslation.Count; n++)
        {
            FastTranslation* e = c->Tables + n;
            if (e->ReadTag == FastTranslation.Invalid)
                continue;
            ulong linear = e->ReadTag;
            TlbEntry* entry = TranslationMemory.DataEntry(c->Translation, linear);
            Unless(!paging || entry->Matches(linear, pcid), $"the fast translation of {linear:x} outlives its TLB entry");
            ulong physical = PhysicalAccess.Masked(c, paging ? entry->Data & TlbEntry.FrameMask : linear);
            Unless((nint)cpu.Memory.Find(physical, out MappingRights rights) == (nint)linear + (nint)e->Host,
                $"the fast translation of {linear:x} leads elsewhere");
            bool writes = e->WriteTag != FastTranslation.Invalid || e->CodeWriteTag != FastTranslation.Invalid;
            Unless(!writes || (rights & MappingRights.Write) != 0, $"the fast translation of {linear:x} stores to read-only memory");
            Unless(!writes || !paging || (entry->Data & TlbEntry.Dirty) != 0,
                $"the fast translation of {linear:x} stores to a page that is not dirty");
            Unless(e->WriteTag == FastTranslation.Invalid || !cpu.Memory.Blocks.HasCode((byte*)linear + e->Host),
                $"the fast translation of {linear:x} stores over code");
        }

        for (int n = 0; n < JumpEntry.Count; n++)
        {
            JumpEntry* e = c->Jumps + n;
            if (e->Tag == ulong.MaxValue || (e->Tag >> JumpEntry.GenerationShift) != (c->JumpTag >> JumpEntry.GenerationShift))
                continue;
            ulong linear = (ulong)((long)(e->Tag << 16) >> 16);
            TlbEntry* entry = TranslationMemory.CodeEntry(c->Translation, linear);
            linear = (s.Efer & Efer.Lma) == 0 ? (uint)linear : linear;
            Unless(!paging || entry->Matches(linear, pcid), $"the block at {linear:x} outlives its TLB entry");
            ulong physical = PhysicalAccess.Masked(c, paging ? (entry->Data & TlbEntry.FrameMask) | (linear & 0xFFF) : linear);
            byte* page = cpu.Memory.Find(physical, out _);
            page = page == null ? cpu.Memory.OpenBus : page;
            Unless(e->Block->Stale || e->Block->Host == page + (physical & 0xFFF), $"the block at {linear:x} was decoded elsewhere");
        }
    }

    /// <summary>A program may run off the end of the lower half; nothing else leads to an address that is not canonical.</summary>
    private static void CheckRip(in CpuState s, bool is64, uint cs)
    {
        const ulong end = 1ul << 47;
        Unless(is64 ? Canonical(s.Rip) || s.Rip - end < 15 : s.Rip <= uint.MaxValue, $"RIP {s.Rip:x} with CS attributes {cs:x}");
    }

    private static void CheckInterruptibility(in CpuState s)
    {
        const uint sti = InterruptibilityState.BlockedBySti, movSs = InterruptibilityState.BlockedByMovSs,
            all = sti | movSs | InterruptibilityState.BlockedByNmi;
        Unless((s.Interruptibility & ~all) == 0 && (s.Interruptibility & (sti | movSs)) != (sti | movSs),
            $"interruptibility {s.Interruptibility:x}");
        Unless((s.Interruptibility & sti) == 0 || (s.Rflags & (Rflags.If | Rflags.Vif)) != 0, "STI blocks interrupts that are off");
        Unless(s.Activity <= (uint)ActivityState.Shutdown, $"activity {s.Activity}");
    }

    private static void CheckSegment(in CpuState s, SegmentIndex n, bool virtual8086)
    {
        uint limit = s.SegmentLimit[(int)n], attributes = s.SegmentAttributes[(int)n];
        ulong address = s.SegmentBase[(int)n];
        if (virtual8086 && n <= SegmentIndex.Gs)
        {
            Unless((attributes & 0x100FF) == 0xF3 && limit == 0xFFFF && address == (ulong)s.SegmentSelector[(int)n] << 4,
                $"{n} in virtual-8086 mode: {address:x} {limit:x} {attributes:x}");
            return;
        }

        bool wideBase = n is SegmentIndex.Fs or SegmentIndex.Gs or SegmentIndex.Ldtr or SegmentIndex.Tr;
        Unless(wideBase ? Canonical(address) : address <= uint.MaxValue, $"{n} base {address:x}");
        if ((attributes & SegmentAttribute.Unusable) != 0)
            return;
        bool pages = (attributes & SegmentAttribute.Granularity) != 0;
        Unless((attributes & SegmentAttribute.Present) != 0, $"{n} is not present: {attributes:x}");
        Unless(pages ? (limit & 0xFFF) == 0xFFF : limit <= 0xFFFFF || (s.Cr0 & Cr0.Pe) == 0,
            $"{n} limit {limit:x} with attributes {attributes:x}");
        const uint loaded = SegmentAttribute.CodeOrData | SegmentAttribute.Accessed;
        Unless(n > SegmentIndex.Gs || (attributes & loaded) == loaded, $"{n} attributes {attributes:x}");
    }

    /// <summary>
    /// CPL is the privilege of SS, and of CS unless that conforms (SDM 5.5); a switch to protected mode leaves real mode's segments for a
    /// while.
    /// </summary>
    private static void CheckPrivilege(int cpl, uint cs, uint ss, bool is64)
    {
        int dpl = (int)(cs >> SegmentAttribute.DplShift) & 3;
        bool code = (cs & SegmentAttribute.Code) != 0, conforming = code && (cs & SegmentAttribute.DownOrConforming) != 0;
        Unless((cs & SegmentAttribute.Unusable) == 0 && (code || cpl == 0), $"CS attributes {cs:x}");
        Unless(conforming ? dpl <= cpl : dpl == cpl, $"CPL {cpl} in code of privilege {dpl} (CS attributes {cs:x}, SS {ss:x})");
        Unless(!is64 || (cs & SegmentAttribute.Big) == 0, $"CS attributes {cs:x} in 64-bit mode");
        Unless((ss & SegmentAttribute.Unusable) != 0
            || (ss & (SegmentAttribute.Code | SegmentAttribute.ReadWrite)) == SegmentAttribute.ReadWrite, $"SS attributes {ss:x}");
    }

    private static bool Canonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;
}
