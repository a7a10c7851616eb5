namespace ReplayVmm.Processor;

/// <summary>
/// LGDT LIDT SGDT SIDT LLDT LTR SLDT STR (SDM volume 2; volume 3, 2.4). With CR4.UMIP the stores are #GP(0) outside level 0.
/// </summary>
internal static unsafe class TableRegisters
{
    /// <summary>LGDT m.</summary>
    public static bool BindLgdt(ref BindContext b) => BindTable(ref b, &Lgdt);
    /// <summary>LIDT m.</summary>
    public static bool BindLidt(ref BindContext b) => BindTable(ref b, &Lidt);
    /// <summary>SGDT m.</summary>
    public static bool BindSgdt(ref BindContext b) => BindTable(ref b, &Sgdt);
    /// <summary>SIDT m.</summary>
    public static bool BindSidt(ref BindContext b) => BindTable(ref b, &Sidt);

    /// <summary>LLDT r/m16.</summary>
    public static bool BindLldt(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindSource(ref b, 0) ? &Lldt<RegisterWord> : &Lldt<MemoryWord>;
        return true;
    }

    /// <summary>LTR r/m16.</summary>
    public static bool BindLtr(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindSource(ref b, 0) ? &Ltr<RegisterWord> : &Ltr<MemoryWord>;
        return true;
    }

    /// <summary>SLDT r/m.</summary>
    public static bool BindSldt(ref BindContext b) => BindStore(ref b, SegmentIndex.Ldtr);
    /// <summary>STR r/m.</summary>
    public static bool BindStr(ref BindContext b) => BindStore(ref b, SegmentIndex.Tr);

    /// <summary>True where CR4.UMIP forbids the store; #GP(0) is then pending.</summary>
    public static bool IsHidden(Core* c)
    {
        if ((c->State.Cr4 & Cr4.Umip) == 0 || c->State.Cpl == 0)
            return false;
        Fault.GeneralProtection(c);
        return true;
    }

    private static bool BindTable(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.BindMemory();
        b.Target->Handler = handler;
        return true;
    }

    private static bool BindStore(ref BindContext b, SegmentIndex segment)
    {
        b.Target->Immediate = (long)segment;
        b.Target->Handler = SystemOperands.BindDestination(ref b, 0) switch
        {
            0 => &Store<ToMemory>,
            2 => &Store<ToRegister<ushort>>,
            4 => &Store<ToRegister<uint>>,
            _ => &Store<ToRegister<ulong>>,
        };
        return true;
    }

    private static Outcome Lgdt(Core* c, DecodedInstruction* i)
    {
        if (!TryReadTable(c, i, out ulong tableBase, out ushort limit))
            return Outcome.Stop;
        (c->State.GdtBase, c->State.GdtLimit) = (tableBase, limit);
        return Outcome.Next;
    }

    private static Outcome Lidt(Core* c, DecodedInstruction* i)
    {
        if (!TryReadTable(c, i, out ulong tableBase, out ushort limit))
            return Outcome.Stop;
        (c->State.IdtBase, c->State.IdtLimit) = (tableBase, limit);
        return Outcome.Next;
    }

    private static Outcome Sgdt(Core* c, DecodedInstruction* i) => WriteTable(c, i, c->State.GdtBase, c->State.GdtLimit);

    private static Outcome Sidt(Core* c, DecodedInstruction* i) => WriteTable(c, i, c->State.IdtBase, c->State.IdtLimit);

    private static bool TryReadTable(Core* c, DecodedInstruction* i, out ulong tableBase, out ushort limit)
    {
        (tableBase, limit) = (0, 0);
        if (c->State.Cpl != 0)
        {
            Fault.GeneralProtection(c);
            return false;
        }
        bool wide = OperatingMode.Is64Bit(c);
        if (!AddressChecked.TryLinear(c, i, wide ? 10 : 6, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out limit))
            return false;
        if (wide)
        {
            if (!GuestAccess.Read(c, linear + 2, out tableBase))
                return false;
            if (OperatingMode.IsCanonical(tableBase))
                return true;
            Fault.GeneralProtection(c);
            return false;
        }
        if (!GuestAccess.Read(c, linear + 2, out uint narrow))
            return false;
        tableBase = (i->Flags & InstructionFlags.OperandMask) == 0 ? narrow & 0xFFFFFF : narrow;
        return true;
    }

    private static Outcome WriteTable(Core* c, DecodedInstruction* i, ulong tableBase, ushort limit)
    {
        if (IsHidden(c))
            return Outcome.Stop;
        bool wide = OperatingMode.Is64Bit(c);
        int size = wide ? 10 : 6;
        if (!AddressChecked.TryLinear(c, i, size, write: true, out ulong linear) || !MemoryUnit.Probe(c, linear, size, write: true)
            || !GuestAccess.Write(c, linear, limit))
            return Outcome.Stop;
        bool written = wide ? GuestAccess.Write(c, linear + 2, tableBase) : GuestAccess.Write(c, linear + 2, (uint)tableBase);
        return written ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome Store<TDestination>(Core* c, DecodedInstruction* i) where TDestination : struct, ISystemDestination
    {
        if (OperatingMode.IsRealOrVirtual8086(c))
            return Fault.InvalidOpcode(c);
        if (IsHidden(c))
            return Outcome.Stop;
        return TDestination.TryWrite(c, i, c->State.SegmentSelector[i->Immediate]) ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome Lldt<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryReadSelector<TSource>(c, i, out ushort selector))
            return Outcome.Stop;
        if (DescriptorTable.IsNull(selector))
        {
            SegmentRegister.SetNull(c, SegmentIndex.Ldtr, selector);
            return Outcome.Next;
        }
        if (!TryReadSystem(c, selector, out Descriptor d, out ulong high, d => d.Type == Descriptor.Ldt))
            return Outcome.Stop;
        SegmentRegister.Set(c, SegmentIndex.Ldtr, selector, d.Base | (high << 32), d.Limit, d.Attributes);
        return Outcome.Next;
    }

    private static Outcome Ltr<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryReadSelector<TSource>(c, i, out ushort selector))
            return Outcome.Stop;
        if (DescriptorTable.IsNull(selector))
            return Fault.GeneralProtection(c);
        bool longMode = OperatingMode.IsLong(c);
        if (!TryReadSystem(c, selector, out Descriptor d, out ulong high,
            longMode ? static d => d.Type == Descriptor.Tss32 : static d => d.Type is Descriptor.Tss32 or Descriptor.Tss16))
            return Outcome.Stop;
        if (!DescriptorTable.SetBusy(c, selector, busy: true))
            return Outcome.Stop;
        SegmentRegister.Set(c, SegmentIndex.Tr, selector, d.Base | (high << 32), d.Limit, d.Attributes | 2);
        return Outcome.Next;
    }

    private static bool TryReadSelector<TSource>(Core* c, DecodedInstruction* i, out ushort selector) where TSource : struct, IWordSource
    {
        selector = 0;
        if (OperatingMode.IsRealOrVirtual8086(c))
        {
            Fault.InvalidOpcode(c);
            return false;
        }
        if (c->State.Cpl != 0)
        {
            Fault.GeneralProtection(c);
            return false;
        }
        return TSource.TryRead(c, i, out selector);
    }

    /// <summary>Reads the descriptor for LLDT or LTR: in the GDT, of the right type, present, its base canonical.</summary>
    private static bool TryReadSystem(Core* c, ushort selector, out Descriptor d, out ulong high, Func<Descriptor, bool> isRight)
    {
        (d, high) = (default, 0);
        byte vector = Vector.Gp;
        if ((selector & 4) == 0)
        {
            if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out d))
                return false;
            if (OperatingMode.IsLong(c) && !DescriptorTable.TryReadHigh(c, selector, Vector.Gp, 0, out high))
                return false;
            bool right = d.IsSystem && isRight(d) && OperatingMode.IsCanonical(d.Base | (high << 32)) && ((high >> 40) & 31) == 0;
            if (right && d.IsPresent)
                return true;
            if (right)
                vector = Vector.Np;
        }
        Fault.Raise(c, vector, selector & DescriptorTable.ErrorMask);
        return false;
    }
}
