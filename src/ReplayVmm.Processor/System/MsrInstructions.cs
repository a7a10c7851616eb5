namespace ReplayVmm.Processor;

/// <summary>RDMSR and WRMSR (SDM volume 2; the bitmap: volume 3, 25.6.9). The index stands in ECX, the value in EDX:EAX.</summary>
internal static unsafe class MsrInstructions
{
    private const int WriteHalf = 0x800;

    /// <summary>RDMSR.</summary>
    public static bool BindRead(ref BindContext b)
    {
        b.Target->Handler = &Read;
        return true;
    }

    /// <summary>WRMSR.</summary>
    public static bool BindWrite(ref BindContext b)
    {
        b.Target->Handler = &Write;
        return true;
    }

    private static Outcome Read(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        uint index = (uint)c->State.Gpr[1];
        if (DoesExit(c, index, 0))
            return Exits.Raise(c, i, new VmExit { Reason = ExitReason.Rdmsr, InstructionLength = i->Length }, &PairResult.Finish);
        if (!ModelSpecificRegisters.TryRead(c->State, Exits.Model(c), index, TimeBudget.Now(c, i), out ulong value))
            return Fault.GeneralProtection(c);
        PairResult.Finish(c, i, value, valid: true);
        return Outcome.Next;
    }

    private static Outcome Write(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        uint index = (uint)c->State.Gpr[1];
        ulong value = PairResult.Read(c);
        if (DoesExit(c, index, WriteHalf))
            return Exits.Raise(c, i, new VmExit { Reason = ExitReason.Wrmsr, InstructionLength = i->Length, Data = value }, &FinishWrite);
        CpuModel model = Exits.Model(c);
        ulong now = TimeBudget.Now(c, i);
        if (!ModelSpecificRegisters.IsLegal(c->State, model, index, value))
            return Fault.GeneralProtection(c);
        ModelSpecificRegisters.TryRead(c->State, model, index, now, out ulong old);
        ModelSpecificRegisters.Put(ref c->State, index, value, now);
        if (ModelSpecificRegisters.IsUnrecorded(index))
            return OperatingMode.GoOn(c, i);
        ModelSpecificRegisters.TryRead(c->State, model, index, now, out ulong put);
        Exits.Report(c, new RegisterWrite(RecordedRegister.Msr, index, old, put, OperatingMode.Here(c, i)));
        return OperatingMode.Serialize(c, i);
    }

    private static void FinishWrite(Core* c, DecodedInstruction* i, ulong result, bool valid)
    {
        ModelSpecificRegisters.Put(ref c->State, (uint)c->State.Gpr[1], result, c->Now);
        Translations.ModeChanged(c);
    }

    private static bool DoesExit(Core* c, uint index, int half)
    {
        if (Exits.Controls(c).MsrBitmap is not { } bitmap)
            return true;
        int offset = index switch
        {
            < 0x2000 => half,
            >= 0xC0000000 and < 0xC0002000 => half + 0x400,
            _ => -1,
        };
        uint low = index & 0x1FFF;
        return offset < 0 || (bitmap[offset + (int)(low >> 3)] & (1 << (int)(low & 7))) != 0;
    }
}
