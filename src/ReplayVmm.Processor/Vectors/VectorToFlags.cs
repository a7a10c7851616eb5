using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>What a vector instruction that only sets flags computes.</summary>
internal interface IVectorToFlags
{
    /// <summary>
    /// The six arithmetic flags in their places in RFLAGS. Bits 255 to 128 of the sources are 0 unless the instruction has 256 bits; a scalar from memory has zeros above it.
    /// </summary>
    static abstract ulong Execute(ref VectorContext x, Vector256<byte> first, Vector256<byte> source);
}

/// <summary>Handlers of PTEST, VTESTPS, COMISS and the like: flags = operation(register, register or memory).</summary>
internal static unsafe class VectorToFlags<TOp> where TOp : struct, IVectorToFlags
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        VectorOperands.Bind(ref b);
        if (b.Source.Encoding == EncodingKind.Legacy)
            BindForm<LegacySse>(ref b);
        else if (VectorOperands.IsWide(ref b))
            BindForm<Vex256>(ref b);
        else
            BindForm<Vex128>(ref b);
        return true;
    }

    private static void BindForm<TEncoding>(ref BindContext b) where TEncoding : struct, IVectorEncoding
    {
        if (b.IsRegister(1))
        {
            b.Target->Handler = &FromRegister<TEncoding>;
            return;
        }
        switch (b.Source.MemorySize.GetSize())
        {
            case 4: BindMemory<TEncoding, uint>(ref b); break;
            case 8: BindMemory<TEncoding, ulong>(ref b); break;
            case 16: BindMemory<TEncoding, Vector128<byte>>(ref b); break;
            default: BindMemory<TEncoding, Vector256<byte>>(ref b); break;
        }
    }

    private static void BindMemory<TEncoding, T>(ref BindContext b) where TEncoding : struct, IVectorEncoding where T : unmanaged
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = &FromMemory<TEncoding, T, Address64>;
        else
            b.Target->Handler = &FromMemory<TEncoding, T, AddressChecked>;
    }

    private static Outcome FromRegister<TEncoding>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding =>
        TEncoding.IsReady(c) ? Finish<TEncoding>(c, i, Register<TEncoding>(c, i->Source)) : Outcome.Stop;

    private static Outcome FromMemory<TEncoding, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where T : unmanaged where TAddress : struct, IAddress =>
        TEncoding.IsReady(c) && VectorMemory.TryLoad<T, TAddress>(c, i, out Vector256<byte> source) ? Finish<TEncoding>(c, i, source) : Outcome.Stop;

    private static Outcome Finish<TEncoding>(Core* c, DecodedInstruction* i, Vector256<byte> source) where TEncoding : struct, IVectorEncoding
    {
        var x = new VectorContext(c, i);
        ulong flags = TOp.Execute(ref x, Register<TEncoding>(c, i->Destination), source);
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        Flags.Load(c, (c->State.Rflags & ~Rflags.Arithmetic) | flags);
        return Outcome.Next;
    }

    private static Vector256<byte> Register<TEncoding>(Core* c, int number) where TEncoding : struct, IVectorEncoding =>
        TEncoding.IsWide ? VectorRegister.Ymm(c, number) : VectorRegister.Xmm(c, number).ToVector256();
}
