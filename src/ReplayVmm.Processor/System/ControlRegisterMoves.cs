using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// MOV to and from CR0, CR2, CR3, CR4, CR8; CLTS, LMSW, SMSW (SDM volume 2; exits: volume 3, 26.1.3 and table 28-3). Operands have 64 bits
/// in 64-bit mode
/// and 32 elsewhere. Exits come before the checks of the value. In <see cref="VmExit.Data"/> stands the source of a MOV, and for CLTS and
/// LMSW the whole
/// value that CR0 would take; the result of the exit goes into the register as it is.
/// </summary>
internal static unsafe class ControlRegisterMoves
{
    private const uint TypeMoveFrom = 1 << 4, TypeClts = 2 << 4, TypeLmsw = 3 << 4, LmswMemory = 1 << 6;

    /// <summary>MOV CRn, r.</summary>
    public static bool BindWrite(ref BindContext b)
    {
        b.Target->Source = b.RegisterSlot(1);
        b.Target->Handler = (b.Source.Op0Register - Register.CR0) switch
        {
            0 => &WriteCr0,
            2 => &WriteCr2,
            3 => &WriteCr3,
            4 => &WriteCr4,
            8 => &WriteCr8,
            _ => null,
        };
        return b.Target->Handler != null;
    }

    /// <summary>MOV r, CRn.</summary>
    public static bool BindRead(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Handler = (b.Source.Op1Register - Register.CR0) switch
        {
            0 => &ReadCr0,
            2 => &ReadCr2,
            3 => &ReadCr3,
            4 => &ReadCr4,
            8 => &ReadCr8,
            _ => null,
        };
        return b.Target->Handler != null;
    }

    /// <summary>CLTS.</summary>
    public static bool BindClts(ref BindContext b)
    {
        b.Target->Handler = &Clts;
        return true;
    }

    /// <summary>LMSW r/m16.</summary>
    public static bool BindLmsw(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindSource(ref b, 0) ? &Lmsw<RegisterWord> : &Lmsw<MemoryWord>;
        return true;
    }

    /// <summary>SMSW r/m.</summary>
    public static bool BindSmsw(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindDestination(ref b, 0) switch
        {
            0 => &Smsw<ToMemory>,
            2 => &Smsw<ToRegister<ushort>>,
            4 => &Smsw<ToRegister<uint>>,
            _ => &Smsw<ToRegister<ulong>>,
        };
        return true;
    }

    private static Outcome WriteCr0(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ExecutionControls controls = Exits.Controls(c);
        ulong source = Source(c, i), mask = controls.Cr0GuestHostMask;
        if (((source ^ controls.Cr0ReadShadow) & mask) != 0)
            return Exits.Raise(c, i, Access(i, 0, 0, i->Source, source), &FinishCr0);
        return PutCr0(c, i, (c->State.Cr0 & mask) | (source & ~mask));
    }

    private static Outcome PutCr0(Core* c, DecodedInstruction* i, ulong value)
    {
        value = ControlRegisterRules.EffectiveCr0(value);
        if (!ControlRegisterRules.IsLegalCr0(c->State, value))
            return Fault.GeneralProtection(c);
        ulong old = c->State.Cr0, rip = OperatingMode.Here(c, i), next = OperatingMode.Next(c, i);
        if (!ControlRegisters.TrySetCr0(c, value))
            return Outcome.Stop;
        Exits.Report(c, new RegisterWrite(RecordedRegister.Cr0, 0, old, value, rip));
        c->State.Rip = next;
        return Outcome.Serialize;
    }

    private static void FinishCr0(Core* c, DecodedInstruction* i, ulong result, bool valid) => ControlRegisters.TrySetCr0(c, result);

    private static Outcome WriteCr2(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        c->State.Cr2 = Source(c, i);
        return Outcome.Next;
    }

    private static Outcome WriteCr3(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ulong source = Source(c, i);
        if (Exits.Controls(c).Cr3LoadExiting)
            return Exits.Raise(c, i, Access(i, 3, 0, i->Source, source), &FinishCr3);
        if (!ControlRegisterRules.IsLegalCr3(c->State, Exits.Model(c), source))
            return Fault.GeneralProtection(c);
        return ControlRegisters.TrySetCr3(c, source) ? OperatingMode.Serialize(c, i) : Outcome.Stop;
    }

    private static void FinishCr3(Core* c, DecodedInstruction* i, ulong result, bool valid) => ControlRegisters.TrySetCr3(c, result);

    private static Outcome WriteCr4(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ExecutionControls controls = Exits.Controls(c);
        ulong source = Source(c, i), mask = controls.Cr4GuestHostMask;
        if (((source ^ controls.Cr4ReadShadow) & mask) != 0)
            return Exits.Raise(c, i, Access(i, 4, 0, i->Source, source), &FinishCr4);
        ulong old = c->State.Cr4, value = (old & mask) | (source & ~mask);
        if (!ControlRegisterRules.IsLegalCr4(c->State, Exits.Model(c), value))
            return Fault.GeneralProtection(c);
        if (!ControlRegisters.TrySetCr4(c, value))
            return Outcome.Stop;
        Exits.Report(c, new RegisterWrite(RecordedRegister.Cr4, 0, old, value, OperatingMode.Here(c, i)));
        return OperatingMode.Serialize(c, i);
    }

    private static void FinishCr4(Core* c, DecodedInstruction* i, ulong result, bool valid) => ControlRegisters.TrySetCr4(c, result);

    private static Outcome WriteCr8(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ulong source = Source(c, i);
        if (Exits.Controls(c).Cr8LoadExiting)
            return Exits.Raise(c, i, Access(i, 8, 0, i->Source, source), &FinishCr8);
        if (!ControlRegisterRules.IsLegalCr8(source))
            return Fault.GeneralProtection(c);
        Exits.Report(c, new RegisterWrite(RecordedRegister.Cr8, 0, c->State.Cr8, source, OperatingMode.Here(c, i)));
        c->State.Cr8 = source;
        return OperatingMode.Serialize(c, i);
    }

    private static void FinishCr8(Core* c, DecodedInstruction* i, ulong result, bool valid) => c->State.Cr8 = result & 15;

    private static Outcome ReadCr0(Core* c, DecodedInstruction* i) => Read(c, i, GuestCr0(c));

    private static Outcome ReadCr2(Core* c, DecodedInstruction* i) => Read(c, i, c->State.Cr2);

    private static Outcome ReadCr4(Core* c, DecodedInstruction* i)
    {
        ExecutionControls controls = Exits.Controls(c);
        ulong mask = controls.Cr4GuestHostMask;
        return Read(c, i, (c->State.Cr4 & ~mask) | (controls.Cr4ReadShadow & mask));
    }

    private static Outcome ReadCr3(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl == 0 && Exits.Controls(c).Cr3StoreExiting)
            return Exits.Raise(c, i, Access(i, 3, TypeMoveFrom, i->Destination, 0), &FinishRead);
        return Read(c, i, c->State.Cr3);
    }

    private static Outcome ReadCr8(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl == 0 && Exits.Controls(c).Cr8StoreExiting)
            return Exits.Raise(c, i, Access(i, 8, TypeMoveFrom, i->Destination, 0), &FinishRead);
        return Read(c, i, c->State.Cr8);
    }

    private static Outcome Read(Core* c, DecodedInstruction* i, ulong value)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        FinishRead(c, i, value, valid: true);
        return Outcome.Next;
    }

    private static void FinishRead(Core* c, DecodedInstruction* i, ulong result, bool valid) =>
        Reg.Set(c, i->Destination, OperatingMode.Is64Bit(c) ? result : (uint)result);

    private static Outcome Clts(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ExecutionControls controls = Exits.Controls(c);
        if ((controls.Cr0GuestHostMask & Cr0.Ts) == 0)
            return (c->State.Cr0 & Cr0.Ts) == 0 ? OperatingMode.GoOn(c, i) : PutCr0(c, i, c->State.Cr0 & ~Cr0.Ts);
        if ((controls.Cr0ReadShadow & Cr0.Ts) == 0)
            return OperatingMode.GoOn(c, i);
        return Exits.Raise(c, i, Access(i, 0, TypeClts, 0, GuestCr0(c) & ~Cr0.Ts), &FinishCr0);
    }

    private static Outcome Lmsw<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        if (!TSource.TryRead(c, i, out ushort word))
            return Outcome.Stop;
        ExecutionControls controls = Exits.Controls(c);
        ulong mask = controls.Cr0GuestHostMask, low = Cr0.Mp | Cr0.Em | Cr0.Ts;
        // LMSW can set PE and not clear it.
        ulong writes = low | (word & Cr0.Pe);
        if (((word ^ controls.Cr0ReadShadow) & mask & writes) != 0)
        {
            ulong value = (GuestCr0(c) & ~writes) | (word & writes);
            uint form = typeof(TSource) == typeof(MemoryWord) ? LmswMemory : 0;
            return Exits.Raise(c, i, Access(i, 0, TypeLmsw | form | ((ulong)word << 16), 0, value), &FinishCr0);
        }
        writes &= ~mask;
        return PutCr0(c, i, (c->State.Cr0 & ~writes) | (word & writes));
    }

    private static Outcome Smsw<TDestination>(Core* c, DecodedInstruction* i) where TDestination : struct, ISystemDestination
    {
        if (TableRegisters.IsHidden(c))
            return Outcome.Stop;
        return TDestination.TryWrite(c, i, GuestCr0(c)) ? Outcome.Next : Outcome.Stop;
    }

    private static ulong GuestCr0(Core* c)
    {
        ExecutionControls controls = Exits.Controls(c);
        ulong mask = controls.Cr0GuestHostMask;
        return (c->State.Cr0 & ~mask) | (controls.Cr0ReadShadow & mask);
    }

    private static ulong Source(Core* c, DecodedInstruction* i)
    {
        ulong value = Reg.Get<ulong>(c, i->Source);
        return OperatingMode.Is64Bit(c) ? value : (uint)value;
    }

    private static VmExit Access(DecodedInstruction* i, uint register, ulong type, byte slot, ulong data) => new()
    {
        Reason = ExitReason.ControlRegisterAccess,
        InstructionLength = i->Length,
        Qualification = register | type | ((ulong)(slot / 8) << 8),
        Data = data,
    };
}
