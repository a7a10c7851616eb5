using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>What a vector instruction with a general register, or a small piece of memory, as its source computes.</summary>
internal interface IVectorFromGeneral
{
    /// <summary>The 128 bits of the result. The source is zero-extended from the operand's width (a 32-bit register gives 32 bits).</summary>
    static abstract Vector128<byte> Execute(ref VectorContext x, Vector128<byte> first, ulong source);
}

/// <summary>Handlers of MOVD PINSRB CVTSI2SD and the like: vector register = operation(first, general register or memory).</summary>
internal static unsafe class VectorFromGeneral<TOp> where TOp : struct, IVectorFromGeneral
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        int source = VectorOperands.Bind(ref b);
        if (b.Source.Encoding == EncodingKind.Legacy)
            BindForm<LegacySse>(ref b, source);
        else
            BindForm<Vex128>(ref b, source);
        return true;
    }

    private static void BindForm<TEncoding>(ref BindContext b, int source) where TEncoding : struct, IVectorEncoding
    {
        if (b.IsRegister(source))
        {
            b.Target->Handler = b.Source.GetOpRegister(source).GetSize() == 8 ? &FromRegister<TEncoding, ulong> : &FromRegister<TEncoding, uint>;
            return;
        }
        switch (b.Source.MemorySize.GetSize())
        {
            case 1: BindMemory<TEncoding, byte>(ref b); break;
            case 2: BindMemory<TEncoding, ushort>(ref b); break;
            case 4: BindMemory<TEncoding, uint>(ref b); break;
            default: BindMemory<TEncoding, ulong>(ref b); break;
        }
    }

    private static void BindMemory<TEncoding, T>(ref BindContext b) where TEncoding : struct, IVectorEncoding where T : unmanaged
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = &FromMemory<TEncoding, T, Address64>;
        else
            b.Target->Handler = &FromMemory<TEncoding, T, AddressChecked>;
    }

    private static Outcome FromRegister<TEncoding, T>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding where T : unmanaged =>
        TEncoding.IsReady(c) ? Finish<TEncoding>(c, i, Wide.Zero(Reg.Get<T>(c, i->Source))) : Outcome.Stop;

    private static Outcome FromMemory<TEncoding, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where T : unmanaged where TAddress : struct, IAddress =>
        TEncoding.IsReady(c) && VectorMemory.TryLoad<T, TAddress>(c, i, out Vector256<byte> source)
            ? Finish<TEncoding>(c, i, source.AsUInt64().ToScalar()) : Outcome.Stop;

    private static Outcome Finish<TEncoding>(Core* c, DecodedInstruction* i, ulong source) where TEncoding : struct, IVectorEncoding
    {
        var x = new VectorContext(c, i);
        Vector128<byte> result = TOp.Execute(ref x, VectorRegister.Xmm(c, VectorOperands.First(i)), source);
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        if (TEncoding.ClearsUpper)
            VectorRegister.Ymm(c, i->Destination) = result.ToVector256();
        else
            VectorRegister.Xmm(c, i->Destination) = result;
        return Outcome.Next;
    }
}
