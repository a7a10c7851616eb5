using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>A two-operand operation of the ALU: result and flags from destination and source.</summary>
internal unsafe interface IBinary
{
    /// <summary>False for CMP and TEST, which only set flags.</summary>
    static abstract bool Writes { get; }

    /// <summary>Computes the result and sets the flags.</summary>
    static abstract T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST in all forms (SDM volume 2). One handler per operation, width and operand form.</summary>
internal static unsafe class Binary<TOp> where TOp : struct, IBinary
{
    /// <summary>Chooses width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        switch (OperandWidth.Of(ref b, 0))
        {
            case 1: BindForm<byte>(ref b); break;
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            default: BindForm<ulong>(ref b); break;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        DecodedInstruction* i = b.Target;
        if (b.IsRegister(0))
        {
            i->Destination = b.RegisterSlot(0);
            if (b.IsRegister(1))
            {
                i->Source = b.RegisterSlot(1);
                i->Handler = &RegisterRegister<T>;
            }
            else if (b.IsMemory(1))
            {
                i->Handler = b.BindMemory() switch
                {
                    AddressForm.Long => &RegisterMemory<T, Address64>,
                    AddressForm.Flat => &RegisterMemory<T, AddressFlat>,
                    _ => &RegisterMemory<T, AddressChecked>,
                };
            }
            else
            {
                i->Immediate = (long)b.Source.GetImmediate(1);
                i->Handler = &RegisterImmediate<T>;
            }
        }
        else if (b.IsRegister(1))
        {
            i->Source = b.RegisterSlot(1);
            i->Handler = b.BindMemory() switch
            {
                AddressForm.Long => &MemoryRegister<T, Address64>,
                AddressForm.Flat => &MemoryRegister<T, AddressFlat>,
                _ => &MemoryRegister<T, AddressChecked>,
            };
        }
        else
        {
            i->Immediate = (long)b.Source.GetImmediate(1);
            i->Handler = b.BindMemory() switch
            {
                AddressForm.Long => &MemoryImmediate<T, Address64>,
                AddressForm.Flat => &MemoryImmediate<T, AddressFlat>,
                _ => &MemoryImmediate<T, AddressChecked>,
            };
        }
    }

    private static Outcome RegisterRegister<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>
    {
        T result = TOp.Execute(c, Reg.Get<T>(c, i->Destination), Reg.Get<T>(c, i->Source));
        if (TOp.Writes)
            Reg.Set(c, i->Destination, result);
        return Outcome.Next;
    }

    private static Outcome RegisterImmediate<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>
    {
        T result = TOp.Execute(c, Reg.Get<T>(c, i->Destination), T.CreateTruncating(i->Immediate));
        if (TOp.Writes)
            Reg.Set(c, i->Destination, result);
        return Outcome.Next;
    }

    private static Outcome RegisterMemory<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T source))
            return Outcome.Stop;
        T result = TOp.Execute(c, Reg.Get<T>(c, i->Destination), source);
        if (TOp.Writes)
            Reg.Set(c, i->Destination, result);
        return Outcome.Next;
    }

    private static Outcome MemoryRegister<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress => Memory<T, TAddress>(c, i, Reg.Get<T>(c, i->Source));

    private static Outcome MemoryImmediate<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress => Memory<T, TAddress>(c, i, T.CreateTruncating(i->Immediate));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Memory<T, TAddress>(Core* c, DecodedInstruction* i, T source)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), TOp.Writes, out ulong linear))
            return Outcome.Stop;
        if (!TOp.Writes)
        {
            if (!GuestAccess.Read(c, linear, out T value))
                return Outcome.Stop;
            TOp.Execute(c, value, source);
            return Outcome.Next;
        }
        if (!GuestAccess.ReadForWrite(c, linear, out T destination))
            return Outcome.Stop;
        // A store to a device exits here, after the load: flags must not change before it has succeeded.
        ulong result = c->FlagResult, carries = c->FlagCarries;
        if (GuestAccess.Write(c, linear, TOp.Execute(c, destination, source)))
            return Outcome.Next;
        (c->FlagResult, c->FlagCarries) = (result, carries);
        return Outcome.Stop;
    }
}
