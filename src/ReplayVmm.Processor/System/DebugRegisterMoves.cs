using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// MOV to and from debug registers (SDM volume 2; volume 3, 17.2). With MOV-DR exiting it exits before any check, privilege too (26.1.3;
/// table 28-4).
/// </summary>
internal static unsafe class DebugRegisterMoves
{
    /// <summary>MOV DRn, r.</summary>
    public static bool BindWrite(ref BindContext b)
    {
        int number = b.Source.Op0Register - Register.DR0;
        b.Target->Source = b.RegisterSlot(1);
        b.Target->Immediate = number;
        b.Target->Handler = &Write;
        return number < 8;
    }

    /// <summary>MOV r, DRn.</summary>
    public static bool BindRead(ref BindContext b)
    {
        int number = b.Source.Op1Register - Register.DR0;
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Immediate = number;
        b.Target->Handler = &Read;
        return number < 8;
    }

    private static Outcome Write(Core* c, DecodedInstruction* i)
    {
        ulong value = Reg.Get<ulong>(c, i->Source);
        if (!OperatingMode.Is64Bit(c))
            value = (uint)value;
        if (Exits.Controls(c).MovDrExiting)
            return Exits.Raise(c, i, Access(i, read: false, i->Source, value), &FinishWrite);
        if (DebugRegisterRules.Check(c->State, (int)i->Immediate, write: true, value) is { } vector)
            return Refuse(c, vector);
        FinishWrite(c, i, value, valid: true);
        return OperatingMode.Serialize(c, i);
    }

    private static Outcome Read(Core* c, DecodedInstruction* i)
    {
        if (Exits.Controls(c).MovDrExiting)
            return Exits.Raise(c, i, Access(i, read: true, i->Destination, 0), &FinishRead);
        if (DebugRegisterRules.Check(c->State, (int)i->Immediate, write: false, 0) is { } vector)
            return Refuse(c, vector);
        FinishRead(c, i, DebugRegisterRules.Read(c->State, DebugRegisterRules.Register(c->State, (int)i->Immediate)), valid: true);
        return OperatingMode.GoOn(c, i);
    }

    private static void FinishWrite(Core* c, DecodedInstruction* i, ulong result, bool valid)
    {
        int register = DebugRegisterRules.Register(c->State, (int)i->Immediate);
        DebugRegisterRules.Put(ref c->State, register < 0 ? (int)i->Immediate + 2 : register, result);
        Translations.ModeChanged(c);
    }

    private static void FinishRead(Core* c, DecodedInstruction* i, ulong result, bool valid) =>
        Reg.Set(c, i->Destination, OperatingMode.Is64Bit(c) ? result : (uint)result);

    private static Outcome Refuse(Core* c, byte vector)
    {
        if (vector == Vector.Gp)
            return Fault.GeneralProtection(c);
        if (vector == Vector.Db)
            c->State.Dr6 |= DebugRegisterRules.Bd;
        return Fault.Raise(c, vector);
    }

    private static VmExit Access(DecodedInstruction* i, bool read, byte slot, ulong data) => new()
    {
        Reason = ExitReason.MovDr,
        InstructionLength = i->Length,
        Qualification = (ulong)i->Immediate | (read ? 16u : 0) | ((ulong)(slot / 8) << 8),
        Data = data,
    };
}
