using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>An instruction that swaps or conditionally replaces its destination by a register: XCHG, XADD, CMPXCHG.</summary>
internal unsafe interface IExchange
{
    /// <summary>
    /// What goes into the destination. Flags are set by <see cref="Finish"/>, which runs once the store has succeeded.
    /// </summary>
    static abstract T Store<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>;

    /// <summary>True where a register destination is written; one that is not keeps its upper half too.</summary>
    static abstract bool Replaces<T>(Core* c, T destination) where T : unmanaged, IBinaryInteger<T>;

    /// <summary>Registers and flags.</summary>
    static abstract void Finish<T>(Core* c, DecodedInstruction* i, T destination, T source) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Handlers of the exchanging instructions (SDM volume 2, XCHG, XADD, CMPXCHG).</summary>
internal static unsafe class Exchange<TOp> where TOp : struct, IExchange
{
    /// <summary>Chooses width and form. XCHG takes its memory operand on either side.</summary>
    public static bool Bind(ref BindContext b)
    {
        switch (OperandWidth.Of(ref b, 0))
        {
            case 1: BindForm<byte>(ref b); break;
            case 2: BindForm<ushort>(ref b); break;
            case 4: BindForm<uint>(ref b); break;
            case 8: BindForm<ulong>(ref b); break;
            default: return false;
        }
        return true;
    }

    private static void BindForm<T>(ref BindContext b) where T : unmanaged, IBinaryInteger<T>
    {
        DecodedInstruction* i = b.Target;
        int other = b.IsRegister(1) ? 1 : 0;
        i->Source = b.RegisterSlot(other);
        if (b.IsRegister(1 - other))
        {
            i->Destination = b.RegisterSlot(1 - other);
            i->Handler = &Register<T>;
            return;
        }
        i->Handler = b.BindMemory() switch
        {
            AddressForm.Long => &Memory<T, Address64>,
            AddressForm.Flat => &Memory<T, AddressFlat>,
            _ => &Memory<T, AddressChecked>,
        };
    }

    private static Outcome Register<T>(Core* c, DecodedInstruction* i) where T : unmanaged, IBinaryInteger<T>
    {
        T destination = Reg.Get<T>(c, i->Destination), source = Reg.Get<T>(c, i->Source);
        T stored = TOp.Store(c, destination, source);
        bool replaces = TOp.Replaces(c, destination);
        // Registers beside first: where both operands are one register, the destination's value stays.
        TOp.Finish(c, i, destination, source);
        if (replaces)
            Reg.Set(c, i->Destination, stored);
        return Outcome.Next;
    }

    private static Outcome Memory<T, TAddress>(Core* c, DecodedInstruction* i)
        where T : unmanaged, IBinaryInteger<T> where TAddress : struct, IAddress
    {
        if (!TAddress.TryLinear(c, i, sizeof(T), write: true, out ulong linear) || !GuestAccess.ReadForWrite(c, linear, out T destination))
            return Outcome.Stop;
        T source = Reg.Get<T>(c, i->Source);
        if (!GuestAccess.Write(c, linear, TOp.Store(c, destination, source)))
            return Outcome.Stop;
        TOp.Finish(c, i, destination, source);
        return Outcome.Next;
    }
}

/// <summary>XCHG.</summary>
internal readonly unsafe struct ExchangeOperation : IExchange
{
    public static bool Replaces<T>(Core* c, T destination) where T : unmanaged, IBinaryInteger<T> => true;

    public static T Store<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T> => source;

    public static void Finish<T>(Core* c, DecodedInstruction* i, T destination, T source) where T : unmanaged, IBinaryInteger<T> =>
        Reg.Set(c, i->Source, destination);
}

/// <summary>XADD.</summary>
internal readonly unsafe struct ExchangeAddOperation : IExchange
{
    public static bool Replaces<T>(Core* c, T destination) where T : unmanaged, IBinaryInteger<T> => true;

    public static T Store<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T> => destination + source;

    public static void Finish<T>(Core* c, DecodedInstruction* i, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        AddOperation.Execute(c, destination, source);
        Reg.Set(c, i->Source, destination);
    }
}

/// <summary>CMPXCHG: a destination in memory is written whether or not it was equal.</summary>
internal readonly unsafe struct CompareExchangeOperation : IExchange
{
    public static bool Replaces<T>(Core* c, T destination) where T : unmanaged, IBinaryInteger<T> => Reg.Get<T>(c, GprSlot.Rax) == destination;

    public static T Store<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T> =>
        Reg.Get<T>(c, GprSlot.Rax) == destination ? source : destination;

    public static void Finish<T>(Core* c, DecodedInstruction* i, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T accumulator = Reg.Get<T>(c, GprSlot.Rax);
        CompareOperation.Execute(c, accumulator, destination);
        if (accumulator != destination)
            Reg.Set(c, GprSlot.Rax, destination);
    }
}
