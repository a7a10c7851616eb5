using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>What BT, BTS, BTR and BTC do with the bit.</summary>
internal interface IBitOperation
{
    /// <summary>False for BT.</summary>
    static abstract bool Writes { get; }

    /// <summary>The operand with the bit of <paramref name="mask"/> changed.</summary>
    static abstract ulong Change(ulong value, ulong mask);
}

/// <summary>BT.</summary>
internal readonly struct TestBit : IBitOperation
{
    public static bool Writes => false;
    public static ulong Change(ulong value, ulong mask) => value;
}

/// <summary>BTS.</summary>
internal readonly struct SetBit : IBitOperation
{
    public static bool Writes => true;
    public static ulong Change(ulong value, ulong mask) => value | mask;
}

/// <summary>BTR.</summary>
internal readonly struct ResetBit : IBitOperation
{
    public static bool Writes => true;
    public static ulong Change(ulong value, ulong mask) => value & ~mask;
}

/// <summary>BTC.</summary>
internal readonly struct ComplementBit : IBitOperation
{
    public static bool Writes => true;
    public static ulong Change(ulong value, ulong mask) => value ^ mask;
}

/// <summary>
/// BT, BTS, BTR, BTC (SDM volume 2 under each name): CF is the bit, the other flags stay. In memory a register's bit number is signed and reaches beyond
/// the operand: the address moves by whole operands.
/// </summary>
internal static unsafe class BitTest<TOp> where TOp : struct, IBitOperation
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        switch (OperandWidth.Of(ref b, 0))
        {
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            case 8: BindForm<ulong>(ref b); break;
            default: return false;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged
    {
        DecodedInstruction* i = b.Target;
        bool indexed = b.IsRegister(1);
        if (indexed)
            i->Source = b.RegisterSlot(1);
        else
            i->Immediate = (long)b.Source.GetImmediate(1);
        if (b.IsRegister(0))
        {
            i->Destination = b.RegisterSlot(0);
            i->Handler = indexed ? &RegisterRegister<T> : &RegisterImmediate<T>;
            return;
        }
        i->Handler = (b.BindMemory(), indexed) switch
        {
            (AddressForm.Long, true) => &MemoryRegister<T, Address64>,
            (AddressForm.Flat, true) => &MemoryRegister<T, AddressFlat>,
            (_, true) => &MemoryRegister<T, AddressChecked>,
            (AddressForm.Long, _) => &MemoryImmediate<T, Address64>,
            (AddressForm.Flat, _) => &MemoryImmediate<T, AddressFlat>,
            _ => &MemoryImmediate<T, AddressChecked>,
        };
    }

    private static Outcome RegisterRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged =>
        InRegister<T>(c, i, (int)Wide.Zero(Reg.Get<T>(c, i->Source)));

    private static Outcome RegisterImmediate<T>(Core* c, DecodedInstruction* i) where T : unmanaged => InRegister<T>(c, i, (int)i->Immediate);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome InRegister<T>(Core* c, DecodedInstruction* i, int bit) where T : unmanaged
    {
        ulong value = Wide.Zero(Reg.Get<T>(c, i->Destination)), mask = 1ul << (bit & ((sizeof(T) * 8) - 1));
        if (TOp.Writes)
            Reg.Set(c, i->Destination, Wide.Cut<T>(TOp.Change(value, mask)));
        Flags.SetCarry(c, (value & mask) != 0);
        return Outcome.Next;
    }

    private static Outcome MemoryImmediate<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), TOp.Writes, out ulong linear))
            return Outcome.Stop;
        return InMemory<T>(c, linear, (int)i->Immediate);
    }

    private static Outcome MemoryRegister<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress
    {
        long bit = Wide.Sign(Reg.Get<T>(c, i->Source));
        long bytes = (bit >> (3 + BitOperations.Log2((uint)sizeof(T)))) * sizeof(T);
        ulong effective = AddressChecked.Cut(i, TAddress.Effective(c, i) + (ulong)bytes);
        if (!Segmentation.TryLinear(c, i, effective, sizeof(T), TOp.Writes, out ulong linear))
            return Outcome.Stop;
        return InMemory<T>(c, linear, (int)bit);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome InMemory<T>(Core* c, ulong linear, int bit) where T : unmanaged
    {
        ulong mask = 1ul << (bit & ((sizeof(T) * 8) - 1));
        T value;
        if (TOp.Writes)
        {
            if (!GuestAccess.ReadForWrite(c, linear, out value) || !GuestAccess.Write(c, linear, Wide.Cut<T>(TOp.Change(Wide.Zero(value), mask))))
                return Outcome.Stop;
        }
        else if (!GuestAccess.Read(c, linear, out value))
        {
            return Outcome.Stop;
        }
        Flags.SetCarry(c, (Wide.Zero(value) & mask) != 0);
        return Outcome.Next;
    }
}
