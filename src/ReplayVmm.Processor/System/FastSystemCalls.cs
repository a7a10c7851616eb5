namespace ReplayVmm.Processor;

/// <summary>
/// SYSCALL SYSRET SYSENTER SYSEXIT SWAPGS RDFSBASE RDGSBASE WRFSBASE WRGSBASE (SDM volume 2; volume 3, 5.8.7 and 5.8.8), by Intel's rules.
/// An AMD processor
/// differs: SYSCALL works in compatibility and legacy mode too, SYSENTER does not in IA-32e mode, and SYSRET faults on a non-canonical RCX
/// only after the
/// switch to level 3.
/// </summary>
internal static unsafe class FastSystemCalls
{
    private const uint KernelCode64 = 0xA09B, KernelCode32 = 0xC09B, KernelData = 0xC093, UserCode64 = 0xA0FB, UserCode32 = 0xC0FB, UserData = 0xC0F3;
    private const ulong ReturnedFlags = 0x3C7FD7;

    /// <summary>SYSCALL.</summary>
    public static bool BindSyscall(ref BindContext b) => Set(ref b, &Syscall);
    /// <summary>SYSRET.</summary>
    public static bool BindSysret(ref BindContext b) => Set(ref b, &Sysret);
    /// <summary>SYSENTER.</summary>
    public static bool BindSysenter(ref BindContext b) => Set(ref b, &Sysenter);
    /// <summary>SYSEXIT.</summary>
    public static bool BindSysexit(ref BindContext b) => Set(ref b, &Sysexit);
    /// <summary>SWAPGS.</summary>
    public static bool BindSwapgs(ref BindContext b) => Set(ref b, &Swapgs);
    /// <summary>RDFSBASE.</summary>
    public static bool BindRdfsbase(ref BindContext b) => BindBase(ref b, SegmentIndex.Fs, write: false);
    /// <summary>RDGSBASE.</summary>
    public static bool BindRdgsbase(ref BindContext b) => BindBase(ref b, SegmentIndex.Gs, write: false);
    /// <summary>WRFSBASE.</summary>
    public static bool BindWrfsbase(ref BindContext b) => BindBase(ref b, SegmentIndex.Fs, write: true);
    /// <summary>WRGSBASE.</summary>
    public static bool BindWrgsbase(ref BindContext b) => BindBase(ref b, SegmentIndex.Gs, write: true);

    private static bool Set(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.Target->Handler = handler;
        return true;
    }

    private static bool BindBase(ref BindContext b, SegmentIndex segment, bool write)
    {
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Source = Slot.SegmentBase(segment);
        b.Target->Immediate = b.OperandSize;
        return Set(ref b, write ? &WriteBase : &ReadBase);
    }

    private static Outcome Syscall(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (!OperatingMode.Is64Bit(c) || (s.Efer & Efer.Sce) == 0)
            return Fault.InvalidOpcode(c);
        s.Gpr[1] = OperatingMode.Next(c, i);
        ulong flags = Flags.Materialize(c);
        s.Gpr[11] = flags;
        Flags.Load(c, (flags & ~s.Fmask & ~Rflags.Rf) | Rflags.Fixed1);
        ushort selector = (ushort)((s.Star >> 32) & 0xFFFC);
        Flat(c, selector, KernelCode64, (ushort)(selector + 8), KernelData);
        // A kernel that masks TF is not stepped into.
        c->StepsByNewFlags = true;
        return FarTransfers.Arrive(c, s.Lstar);
    }

    private static Outcome Sysret(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (!OperatingMode.Is64Bit(c) || (s.Efer & Efer.Sce) == 0)
            return Fault.InvalidOpcode(c);
        bool wide = FarTransfers.OperandSize(i) == 8;
        if (s.Cpl != 0 || (wide && !OperatingMode.IsCanonical(s.Gpr[1])))
            return Fault.GeneralProtection(c);
        ulong target = wide ? s.Gpr[1] : (uint)s.Gpr[1];
        Flags.Load(c, (s.Gpr[11] & ReturnedFlags) | Rflags.Fixed1);
        // The step of the SYSCALL that a program made comes when its kernel returns.
        c->StepsByNewFlags = true;
        if ((s.Rflags & Rflags.Tf) != 0)
            s.PendingDebug |= DebugRegisterRules.Bs;
        ushort selector = (ushort)(s.Star >> 48);
        Flat(c, (ushort)((selector + (wide ? 16 : 0)) | 3), wide ? UserCode64 : UserCode32, (ushort)((selector + 8) | 3), UserData);
        return FarTransfers.Arrive(c, target);
    }

    private static Outcome Sysenter(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (OperatingMode.IsReal(c) || (s.SysenterCs & 0xFFFC) == 0)
            return Fault.GeneralProtection(c);
        bool longMode = OperatingMode.IsLong(c);
        s.Rflags &= ~(Rflags.Vm | Rflags.If | Rflags.Rf);
        ushort selector = (ushort)(s.SysenterCs & 0xFFFC);
        Flat(c, selector, longMode ? KernelCode64 : KernelCode32, (ushort)(selector + 8), KernelData);
        s.Gpr[4] = longMode ? s.SysenterEsp : (uint)s.SysenterEsp;
        return FarTransfers.Arrive(c, longMode ? s.SysenterEip : (uint)s.SysenterEip);
    }

    private static Outcome Sysexit(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (OperatingMode.IsReal(c) || (s.SysenterCs & 0xFFFC) == 0 || s.Cpl != 0)
            return Fault.GeneralProtection(c);
        bool wide = FarTransfers.OperandSize(i) == 8;
        ulong target = s.Gpr[2], pointer = s.Gpr[1];
        if (wide && (!OperatingMode.IsCanonical(target) || !OperatingMode.IsCanonical(pointer)))
            return Fault.GeneralProtection(c);
        ushort selector = (ushort)((s.SysenterCs & 0xFFFC) + (wide ? 32u : 16u));
        Flat(c, (ushort)(selector | 3), wide ? UserCode64 : UserCode32, (ushort)((selector + 8) | 3), UserData);
        s.Gpr[4] = wide ? pointer : (uint)pointer;
        return FarTransfers.Arrive(c, wide ? target : (uint)target);
    }

    private static void Flat(Core* c, ushort code, uint codeAttributes, ushort stack, uint stackAttributes)
    {
        SegmentRegister.Set(c, SegmentIndex.Cs, code, 0, uint.MaxValue, codeAttributes);
        SegmentRegister.Set(c, SegmentIndex.Ss, stack, 0, uint.MaxValue, stackAttributes);
    }

    private static Outcome Swapgs(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (s.Cpl != 0)
            return Fault.GeneralProtection(c);
        (s.SegmentBase[(int)SegmentIndex.Gs], s.KernelGsBase) = (s.KernelGsBase, s.SegmentBase[(int)SegmentIndex.Gs]);
        return Outcome.Next;
    }

    private static Outcome ReadBase(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr4 & Cr4.Fsgsbase) == 0)
            return Fault.InvalidOpcode(c);
        ulong value = Reg.Get<ulong>(c, i->Source);
        Reg.Set(c, i->Destination, i->Immediate == 8 ? value : (uint)value);
        return Outcome.Next;
    }

    private static Outcome WriteBase(Core* c, DecodedInstruction* i)
    {
        if ((c->State.Cr4 & Cr4.Fsgsbase) == 0)
            return Fault.InvalidOpcode(c);
        ulong value = Reg.Get<ulong>(c, i->Destination);
        if (i->Immediate != 8)
            value = (uint)value;
        if (!OperatingMode.IsCanonical(value))
            return Fault.GeneralProtection(c);
        Reg.Set(c, i->Source, value);
        return Outcome.Next;
    }
}
