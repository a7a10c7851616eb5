using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// LAR LSL VERR VERW ARPL (SDM volume 2; volume 3, 5.10): questions about selectors that answer in ZF and never fault on what the selector
/// names.
/// </summary>
internal static unsafe class SegmentQueries
{
    // Bit n is system type n.
    private const int LarLegacy = 0b0001_1010_0011_1110, LarLong = 0b0001_1010_0000_0100, LslLegacy = 0b0000_1010_0000_1110, LslLong = 0b0000_1010_0000_0100;

    /// <summary>LAR r, r/m16.</summary>
    public static bool BindLar(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Immediate = b.Source.Op0Register.GetSize();
        b.Target->Handler = SystemOperands.BindSource(ref b, 1) ? &Lar<RegisterWord> : &Lar<MemoryWord>;
        return true;
    }

    /// <summary>LSL r, r/m16.</summary>
    public static bool BindLsl(ref BindContext b)
    {
        b.Target->Destination = b.RegisterSlot(0);
        b.Target->Immediate = b.Source.Op0Register.GetSize();
        b.Target->Handler = SystemOperands.BindSource(ref b, 1) ? &Lsl<RegisterWord> : &Lsl<MemoryWord>;
        return true;
    }

    /// <summary>VERR r/m16.</summary>
    public static bool BindVerr(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindSource(ref b, 0) ? &Verr<RegisterWord> : &Verr<MemoryWord>;
        return true;
    }

    /// <summary>VERW r/m16.</summary>
    public static bool BindVerw(ref BindContext b)
    {
        b.Target->Handler = SystemOperands.BindSource(ref b, 0) ? &Verw<RegisterWord> : &Verw<MemoryWord>;
        return true;
    }

    /// <summary>ARPL r/m16, r16.</summary>
    public static bool BindArpl(ref BindContext b)
    {
        b.Target->Source = b.RegisterSlot(1);
        if (b.IsRegister(0))
        {
            b.Target->Destination = b.RegisterSlot(0);
            b.Target->Handler = &ArplRegister;
            return true;
        }
        b.BindMemory();
        b.Target->Handler = &ArplMemory;
        return true;
    }

    private static Outcome Lar<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryLookUp<TSource>(c, i, out ushort selector, out Descriptor d, out bool found))
            return Outcome.Stop;
        bool right = found && IsVisible(c, d, selector, OperatingMode.IsLong(c) ? LarLong : LarLegacy);
        if (right)
            SetResult(c, i, (uint)(d.Raw >> 32) & 0x00FFFF00);
        return Answer(c, right);
    }

    private static Outcome Lsl<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryLookUp<TSource>(c, i, out ushort selector, out Descriptor d, out bool found))
            return Outcome.Stop;
        bool right = found && IsVisible(c, d, selector, OperatingMode.IsLong(c) ? LslLong : LslLegacy);
        if (right)
            SetResult(c, i, d.Limit);
        return Answer(c, right);
    }

    private static Outcome Verr<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryLookUp<TSource>(c, i, out ushort selector, out Descriptor d, out bool found))
            return Outcome.Stop;
        return Answer(c, found && d.IsReadable && IsVisible(c, d, selector, 0));
    }

    private static Outcome Verw<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TryLookUp<TSource>(c, i, out ushort selector, out Descriptor d, out bool found))
            return Outcome.Stop;
        return Answer(c, found && d.IsWritableData && IsVisible(c, d, selector, 0));
    }

    private static Outcome ArplRegister(Core* c, DecodedInstruction* i)
    {
        if (OperatingMode.IsRealOrVirtual8086(c))
            return Fault.InvalidOpcode(c);
        ushort selector = Reg.Get<ushort>(c, i->Destination), level = (ushort)(Reg.Get<ushort>(c, i->Source) & 3);
        bool raises = (selector & 3) < level;
        if (raises)
            Reg.Set(c, i->Destination, (ushort)((selector & ~3) | level));
        return Answer(c, raises);
    }

    private static Outcome ArplMemory(Core* c, DecodedInstruction* i)
    {
        if (OperatingMode.IsRealOrVirtual8086(c))
            return Fault.InvalidOpcode(c);
        // Only a selector that changes is written, and only then has to be writable.
        if (!AddressChecked.TryLinear(c, i, 2, write: false, out ulong linear) || !GuestAccess.Read(c, linear, out ushort selector))
            return Outcome.Stop;
        ushort level = (ushort)(Reg.Get<ushort>(c, i->Source) & 3);
        bool raises = (selector & 3) < level;
        if (raises && (!AddressChecked.TryLinear(c, i, 2, write: true, out linear) || !GuestAccess.Write(c, linear, (ushort)((selector & ~3) | level))))
            return Outcome.Stop;
        return Answer(c, raises);
    }

    /// <summary>Reads selector and descriptor; not found is an answer, a fault of the reads is false.</summary>
    private static bool TryLookUp<TSource>(Core* c, DecodedInstruction* i, out ushort selector, out Descriptor d, out bool found)
        where TSource : struct, IWordSource
    {
        (selector, d, found) = (0, default, false);
        if (OperatingMode.IsRealOrVirtual8086(c))
        {
            Fault.InvalidOpcode(c);
            return false;
        }
        if (!TSource.TryRead(c, i, out selector))
            return false;
        if (DescriptorTable.IsNull(selector) || !DescriptorTable.TryAddress(c, selector, 8, out ulong address))
            return true;
        if (!MemoryUnit.ReadSystem(c, address, out ulong raw))
            return false;
        (d, found) = (new Descriptor(raw), true);
        return true;
    }

    private static bool IsVisible(Core* c, in Descriptor d, ushort selector, int systemTypes)
    {
        if (d.IsSystem && (systemTypes & (1 << d.Type)) == 0)
            return false;
        return d.IsConforming || d.Dpl >= Math.Max(c->State.Cpl, selector & 3);
    }

    private static void SetResult(Core* c, DecodedInstruction* i, uint value)
    {
        if (i->Immediate == 2)
            Reg.Set(c, i->Destination, (ushort)value);
        else
            Reg.Set(c, i->Destination, value);
    }

    private static Outcome Answer(Core* c, bool zero)
    {
        Flags.Load(c, (Flags.Materialize(c) & ~Rflags.Zf) | (zero ? Rflags.Zf : 0));
        return Outcome.Next;
    }
}
