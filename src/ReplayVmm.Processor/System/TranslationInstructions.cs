namespace ReplayVmm.Processor;

/// <summary>INVLPG and INVPCID (SDM volume 2; volume 3, 4.10.4.1).</summary>
internal static unsafe class TranslationInstructions
{
    /// <summary>INVLPG m.</summary>
    public static bool BindInvlpg(ref BindContext b)
    {
        b.BindMemory();
        b.Target->Handler = &Invlpg;
        return true;
    }

    /// <summary>INVPCID r, m128.</summary>
    public static bool BindInvpcid(ref BindContext b)
    {
        b.Target->Source = b.RegisterSlot(0);
        b.BindMemory();
        b.Target->Handler = &Invpcid;
        return true;
    }

    private static Outcome Invlpg(Core* c, DecodedInstruction* i)
    {
        if (c->State.Cpl != 0)
            return Fault.GeneralProtection(c);
        ulong linear = Reg.Get<ulong>(c, i->Segment) + AddressChecked.Effective(c, i);
        if (!OperatingMode.Is64Bit(c))
            linear = (uint)linear;
        if (Exits.Controls(c).InvlpgExiting)
        {
            VmExit exit = new() { Reason = ExitReason.Invlpg, InstructionLength = i->Length, Qualification = linear, GuestLinearAddress = linear };
            return Exits.Raise(c, i, exit, &FinishInvlpg);
        }
        FinishInvlpg(c, i, linear, valid: true);
        return OperatingMode.Serialize(c, i);
    }

    private static void FinishInvlpg(Core* c, DecodedInstruction* i, ulong linear, bool valid)
    {
        if (OperatingMode.IsCanonical(linear))
            Translations.FlushPage(c, linear, CurrentPcid(c), global: true);
    }

    private static Outcome Invpcid(Core* c, DecodedInstruction* i)
    {
        ref CpuState s = ref c->State;
        if (s.Cpl != 0)
            return Fault.GeneralProtection(c);
        if (Exits.Controls(c).InvlpgExiting)
        {
            return Exits.Raise(
                c, i, new VmExit { Reason = ExitReason.Invpcid, InstructionLength = i->Length, Qualification = (ulong)(long)i->Displacement });
        }
        ulong type = Reg.Get<ulong>(c, i->Source);
        if (!OperatingMode.Is64Bit(c))
            type = (uint)type;
        if (!AddressChecked.TryLinear(c, i, 16, write: false, out ulong operand) || !GuestAccess.Read(c, operand, out ulong low)
            || !GuestAccess.Read(c, operand + 8, out ulong linear))
            return Outcome.Stop;
        bool individual = type < 2, pcidAllowed = (s.Cr4 & Cr4.Pcide) != 0 || low == 0;
        if (type > 3 || low >> 12 != 0 || (individual && !pcidAllowed) || (type == 0 && !OperatingMode.IsCanonical(linear)))
            return Fault.GeneralProtection(c);
        ushort pcid = (ushort)low;
        switch (type)
        {
            case 0: Translations.FlushPage(c, linear, pcid, global: false); break;
            case 1: Translations.FlushPcid(c, pcid); break;
            case 2: Translations.FlushAll(c); break;
            default: Translations.FlushNonGlobal(c); break;
        }
        return OperatingMode.Serialize(c, i);
    }

    private static ushort CurrentPcid(Core* c) => (c->State.Cr4 & Cr4.Pcide) != 0 ? (ushort)(c->State.Cr3 & 0xFFF) : (ushort)0;
}
