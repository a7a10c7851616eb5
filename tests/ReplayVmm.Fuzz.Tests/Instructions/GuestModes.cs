using ReplayVmm.Processor;
using static ReplayVmm.Processor.SegmentAttribute;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>States that cases start in: every mode, with and without paging, at CPL 0 and 3; each could have been reached by a program.</summary>
// SAFETY: fixed arrays of the state, indexed with architectural register numbers.
internal static unsafe class GuestModes
{
    private const uint CodeRights = Present | CodeOrData | SegmentAttribute.Code | ReadWrite | Accessed, DataRights = Present | CodeOrData | ReadWrite | Accessed;
    private const ulong Linear64 = 0x7F80_0000_0000;

    /// <summary>A mode by name; the numbers pick segments.</summary>
    private enum Mode
    {
        Real,
        Virtual8086,
        Protected16,
        Protected32,
        Long64,
        Compatible32,
        Compatible16,
    }

    /// <summary>Throws a state and its registers.</summary>
    public static void Throw(Dice dice, CpuModel model, ref CpuState s)
    {
        var mode = (Mode)dice.Pick<int>([0, 1, 2, 3, 3, 3, 4, 4, 4, 5, 6]);
        s = default;
        s.Rflags = Rflags.Fixed1 | (dice.Next() & (Rflags.Arithmetic | Rflags.Df | Rflags.If | Rflags.Iopl | Rflags.Ac | Rflags.Id));
        s.Rflags |= (dice.OnceIn(8) ? Rflags.Nt : 0) | (dice.OnceIn(16) ? Rflags.Tf : 0) | (dice.OnceIn(32) ? Rflags.Rf : 0);
        s.Cr0 = Cr0.Et | (dice.Next() & (Cr0.Mp | Cr0.Ne | Cr0.Wp | Cr0.Am)) | (dice.OnceIn(16) ? Cr0.Em : 0) | (dice.OnceIn(8) ? Cr0.Ts : 0);
        s.Cr2 = dice.Number();
        s.Dr6 = 0xFFFF_0FF0;
        s.Dr7 = 0x400;
        s.Xcr0 = 1;
        s.Pat = 0x0007_0406_0007_0406;
        s.AddressLine20 = dice.OnceIn(16) ? 0u : 1;
        s.FpControl = dice.OnceIn(2) ? (ushort)0x37F : (ushort)(dice.Next() & 0xF7F);
        s.KernelGsBase = GuestImage.Data;
        bool user = mode == Mode.Virtual8086 || (mode != Mode.Real && dice.OnceIn(2));
        SetTables(ref s, mode >= Mode.Long64);
        SetPaging(dice, ref s, model, mode);
        SetSegments(dice, ref s, mode, user);
        SetRegisters(dice, ref s, mode);
        SetCalls(ref s);
        if (dice.OnceIn(16))
            SetBreakpoints(dice, ref s);
        if (dice.OnceIn(4))
            SetFloat(dice, ref s);
    }

    /// <summary>A number to put into a register: an address that leads somewhere, a selector, or anything.</summary>
    public static ulong Operand(Dice dice) => dice.Below(16) switch
    {
        0 => GuestImage.Code + (ulong)dice.Below(0x2000),
        1 or 2 or 3 => GuestImage.Data + (ulong)dice.Below(0x1_0000),
        4 => GuestImage.Data + (ulong)(dice.Below(16) * 0x1000) + 0x1000 - (ulong)dice.Below(16),
        5 => GuestImage.Stack + (ulong)dice.Below(0x4000),
        6 => (ulong)dice.Below(0x1_0000),
        7 => 0xA_0000ul + (ulong)dice.Below(0x6_0000),
        8 => GuestImage.Selector(dice),
        9 => dice.Next() & 0xFFFF_FFFF,
        10 => dice.Pick<ulong>([0x40_0000, 0x60_0000, 0x80_0000, 0x1F_FFF8, 0x20_0000, 0x4000_0000, 0x8000_0000]) + (ulong)dice.Below(0x3000),
        11 => Linear64 + (dice.Next() & 0x1F_FFFF),
        12 => 0xFFFF_FF80_0000_0000 + (ulong)dice.Below(0x20_0000),
        13 => 0x0000_7FFF_FFFF_FFF8 + (ulong)dice.Below(16),
        _ => dice.Number(),
    };

    private static void SetTables(ref CpuState s, bool wide)
    {
        (s.GdtBase, s.GdtLimit, s.IdtBase, s.IdtLimit) = (GuestImage.Gdt, GuestImage.GdtLimit, wide ? GuestImage.Idt64 : GuestImage.Idt32, (ushort)(wide ? 0xFFF : 0x7FF));
        Set(ref s, SegmentIndex.Tr, wide ? GuestImage.TssLong : GuestImage.Tss, wide ? GuestImage.Tss64 : GuestImage.Tss32, 0x3FF, 0x8B);
        Set(ref s, SegmentIndex.Ldtr, GuestImage.LdtSelector, GuestImage.Ldt, GuestImage.LdtLimit, 0x82);
    }

    private static void SetPaging(Dice dice, ref CpuState s, CpuModel model, Mode mode)
    {
        s.Cr4 = dice.Next() & (Cr4.Vme | Cr4.Pvi | Cr4.De | Cr4.Pse | Cr4.Pge | Cr4.Mce | Cr4.Pce);
        s.Cr4 |= (dice.OnceIn(8) ? Cr4.Tsd : 0) | (Allowed(dice, model, CpuFeature.Umip, 4) ? Cr4.Umip : 0) | (Allowed(dice, model, CpuFeature.Fsgsbase, 2) ? Cr4.Fsgsbase : 0);
        s.Cr4 &= model.Cr4Bits;
        s.Cr4 |= (Allowed(dice, model, CpuFeature.Smep, 8) ? Cr4.Smep : 0) | (Allowed(dice, model, CpuFeature.Smap, 8) ? Cr4.Smap : 0);
        s.Efer = (dice.OnceIn(2) ? Efer.Sce : 0) | (dice.OnceIn(2) ? Efer.Nxe : 0);
        if (mode != Mode.Real)
            s.Cr0 |= Cr0.Pe;
        if (mode >= Mode.Long64)
        {
            s.Cr0 |= Cr0.Pg;
            s.Cr4 |= Cr4.Pae | (Allowed(dice, model, CpuFeature.Pcid, 4) ? Cr4.Pcide : 0);
            s.Cr3 = GuestImage.Root64 | ((s.Cr4 & Cr4.Pcide) != 0 ? (ulong)dice.Below(3) : 0);
            s.Efer |= Efer.Lme | Efer.Lma;
        }
        else if (mode != Mode.Real && !dice.OnceIn(3))
        {
            s.Cr0 |= Cr0.Pg;
            s.Cr3 = GuestImage.Directory32;
            if (!dice.OnceIn(2))
                return;
            s.Cr4 |= Cr4.Pae;
            s.Cr3 = GuestImage.PointersPae;
            for (int n = 0; n < 4; n++)
                s.Pdpte[n] = n == 1 ? 0 : GuestImage.DirectoryPae | 1;
        }
    }

    private static bool Allowed(Dice dice, CpuModel model, CpuFeature feature, int chance) => dice.OnceIn(chance) && model.Has(feature);

    private static void SetSegments(Dice dice, ref CpuState s, Mode mode, bool user)
    {
        if (mode is Mode.Real or Mode.Virtual8086)
        {
            uint rights = mode == Mode.Real ? DataRights : DataRights | (3 << DplShift);
            for (SegmentIndex n = SegmentIndex.Es; n <= SegmentIndex.Gs; n++)
                SetReal(ref s, n, (ushort)((n == SegmentIndex.Cs ? GuestImage.Code : n == SegmentIndex.Ss ? GuestImage.Stack : GuestImage.Data) >> 4), rights);
            if (dice.OnceIn(8))
                SetReal(ref s, SegmentIndex.Es, (ushort)dice.Next(), rights);
            if (mode == Mode.Virtual8086)
                s.Rflags = (s.Rflags & ~Rflags.Iopl) | Rflags.Vm | (dice.OnceIn(2) ? Rflags.Iopl : 0) | (dice.OnceIn(8) ? Rflags.Vip : 0) | (dice.OnceIn(2) ? Rflags.Vif : 0);
            else
                (s.IdtBase, s.IdtLimit) = (GuestImage.Vectors, 0x3FF);
            return;
        }

        uint dpl = user ? 3u << DplShift : 0;
        (ushort code, uint codeRights) = mode switch
        {
            Mode.Long64 => (user ? GuestImage.UserCode64 : GuestImage.Code64, Long | Granularity),
            Mode.Protected16 or Mode.Compatible16 => (user ? GuestImage.UserCode16 : GuestImage.Code16, 0u),
            _ => (user ? GuestImage.UserCode32 : GuestImage.Code32, Big | Granularity),
        };
        bool narrow = mode is Mode.Protected16 or Mode.Compatible16;
        ushort data = narrow ? user ? GuestImage.UserData16 : GuestImage.Data16 : user ? GuestImage.UserData32 : GuestImage.Data32;
        for (SegmentIndex n = SegmentIndex.Es; n <= SegmentIndex.Gs; n++)
            Set(ref s, n, data, 0, narrow ? 0xFFFF : uint.MaxValue, DataRights | dpl | (narrow ? 0 : Big | Granularity));
        Set(ref s, SegmentIndex.Cs, code, 0, narrow ? 0xFFFFu : uint.MaxValue, CodeRights | codeRights | dpl);
        if (narrow)
        {
            // Sixteen bits reach neither code nor stack: both have segments of their own.
            s.SegmentBase[(int)SegmentIndex.Cs] = GuestImage.Code;
            s.SegmentBase[(int)SegmentIndex.Ss] = GuestImage.Stack;
            s.SegmentBase[(int)SegmentIndex.Ds] = s.SegmentBase[(int)SegmentIndex.Es] = GuestImage.Data;
        }

        if (dice.OnceIn(8))
            Set(ref s, dice.Pick<SegmentIndex>([SegmentIndex.Es, SegmentIndex.Ds, SegmentIndex.Fs, SegmentIndex.Gs]), 0, 0, 0, Unusable);
        if (dice.OnceIn(8) && !narrow)
            Set(ref s, SegmentIndex.Ds, data, GuestImage.Data, 0xFFFF, DataRights | dpl | Big);
        if (mode == Mode.Long64)
            (s.SegmentBase[(int)SegmentIndex.Fs], s.SegmentBase[(int)SegmentIndex.Gs]) = (GuestImage.Data, 0xFFFF_FF80_0000_0000);
    }

    private static void SetRegisters(Dice dice, ref CpuState s, Mode mode)
    {
        bool segmented = mode is Mode.Real or Mode.Virtual8086 or Mode.Protected16 or Mode.Compatible16;
        for (int n = 0; n < 16; n++)
            s.Gpr[n] = mode >= Mode.Long64 || n < 8 ? Operand(dice) : 0;
        for (int n = 0; n < 16 && mode < Mode.Long64; n++)
            s.Gpr[n] &= segmented && !dice.OnceIn(8) ? 0xFFFF : uint.MaxValue;
        if (dice.OnceIn(2))
            s.Gpr[1] = (ulong)dice.Below(64);
        if (!dice.OnceIn(16))
            s.Gpr[4] = (segmented ? 0 : GuestImage.Stack) + (ulong)(0x1000 + (dice.Below(0x200) * 8) + (dice.OnceIn(16) ? dice.Below(8) : 0));
        s.Rip = segmented ? 0ul : GuestImage.Code;
    }

    private static void SetCalls(ref CpuState s)
    {
        s.Star = ((ulong)GuestImage.UserData32 << 48) | ((ulong)GuestImage.Code64 << 32) | (GuestImage.Code + 0x180);
        s.Lstar = GuestImage.Code + 0x180;
        s.Cstar = GuestImage.Code + 0x1C0;
        s.Fmask = 0x4_7700;
        (s.SysenterCs, s.SysenterEsp, s.SysenterEip) = (GuestImage.Code32, GuestImage.InnerStack, GuestImage.Code + 0x140);
    }

    private static void SetBreakpoints(Dice dice, ref CpuState s)
    {
        for (int n = 0; n < 4; n++)
            s.Dr[n] = dice.OnceIn(2) ? GuestImage.Code + (ulong)dice.Below(16) : GuestImage.Data + (ulong)dice.Below(0x1000);
        s.Dr7 = 0x400 | (dice.Next() & 0xFFFF_03FF);
    }

    private static void SetFloat(Dice dice, ref CpuState s)
    {
        for (int n = 0; n < 8; n++)
            (s.FpSignificand[n], s.FpSignExponent[n]) = (dice.Next(), (ushort)dice.Next());
        s.FpTags = (ushort)(dice.Next() & 0xFF);
        s.FpStatus = (ushort)(dice.Next() & 0x7F7F);
        if ((s.FpStatus & ~s.FpControl & 0x3F) != 0)
            s.FpStatus |= 0x8080;
    }

    private static void SetReal(ref CpuState s, SegmentIndex n, ushort selector, uint rights) => Set(ref s, n, selector, (ulong)selector << 4, 0xFFFF, rights);

    private static void Set(ref CpuState s, SegmentIndex n, ushort selector, ulong address, uint limit, uint rights)
    {
        s.SegmentSelector[(int)n] = selector;
        s.SegmentBase[(int)n] = address;
        s.SegmentLimit[(int)n] = limit;
        s.SegmentAttributes[(int)n] = rights;
    }
}
