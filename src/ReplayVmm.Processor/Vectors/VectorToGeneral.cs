using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>What a vector instruction with a general register, or a small piece of memory, as its destination computes.</summary>
internal interface IVectorToGeneral
{
    /// <summary>
    /// The result, zero-extended; a 32-bit register takes its low half. Bits 255 to 128 of the source are 0 unless the instruction has 256 bits.
    /// </summary>
    static abstract ulong Execute(ref VectorContext x, Vector256<byte> source);
}

/// <summary>
/// Handlers of MOVD PEXTRB MOVMSKPS CVTSS2SI and the like: the destination is a general register (written to its full width) or, in the forms that have it there, memory;
/// the source is a vector register or, where the destination is operand "reg", memory.
/// </summary>
internal static unsafe class VectorToGeneral<TOp> where TOp : struct, IVectorToGeneral
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (b.IsMemory(0))
            VectorOperands.BindStore(ref b);
        else
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
        if (b.IsMemory(0))
        {
            switch (b.Source.MemorySize.GetSize())
            {
                case 1: BindStore<TEncoding, byte>(ref b); break;
                case 2: BindStore<TEncoding, ushort>(ref b); break;
                case 4: BindStore<TEncoding, uint>(ref b); break;
                default: BindStore<TEncoding, ulong>(ref b); break;
            }
            return;
        }
        bool wide = b.Source.GetOpRegister(0).GetSize() == 8;
        if (b.IsRegister(1))
        {
            b.Target->Handler = wide ? &FromRegister<TEncoding, ulong> : &FromRegister<TEncoding, uint>;
            return;
        }
        if (b.Source.MemorySize.GetSize() == 4)
            BindLoad<TEncoding, uint>(ref b, wide);
        else
            BindLoad<TEncoding, ulong>(ref b, wide);
    }

    private static void BindStore<TEncoding, T>(ref BindContext b) where TEncoding : struct, IVectorEncoding where T : unmanaged
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = &ToMemory<TEncoding, T, Address64>;
        else
            b.Target->Handler = &ToMemory<TEncoding, T, AddressChecked>;
    }

    private static void BindLoad<TEncoding, T>(ref BindContext b, bool wide) where TEncoding : struct, IVectorEncoding where T : unmanaged
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = wide ? &FromMemory<TEncoding, ulong, T, Address64> : &FromMemory<TEncoding, uint, T, Address64>;
        else
            b.Target->Handler = wide ? &FromMemory<TEncoding, ulong, T, AddressChecked> : &FromMemory<TEncoding, uint, T, AddressChecked>;
    }

    private static Outcome FromRegister<TEncoding, TGeneral>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding where TGeneral : unmanaged =>
        TEncoding.IsReady(c) ? Finish<TGeneral>(c, i, Source<TEncoding>(c, i)) : Outcome.Stop;

    private static Outcome FromMemory<TEncoding, TGeneral, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where TGeneral : unmanaged where T : unmanaged where TAddress : struct, IAddress =>
        TEncoding.IsReady(c) && VectorMemory.TryLoad<T, TAddress>(c, i, out Vector256<byte> source) ? Finish<TGeneral>(c, i, source) : Outcome.Stop;

    private static Outcome ToMemory<TEncoding, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where T : unmanaged where TAddress : struct, IAddress
    {
        if (!TEncoding.IsReady(c))
            return Outcome.Stop;
        var x = new VectorContext(c, i);
        ulong result = TOp.Execute(ref x, Source<TEncoding>(c, i));
        return VectorMemory.TryStore<T, TAddress>(c, i, Vector256.CreateScalar(result).AsByte()) ? Outcome.Next : Outcome.Stop;
    }

    private static Vector256<byte> Source<TEncoding>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding =>
        TEncoding.IsWide ? VectorRegister.Ymm(c, i->Source) : VectorRegister.Xmm(c, i->Source).ToVector256();

    private static Outcome Finish<TGeneral>(Core* c, DecodedInstruction* i, Vector256<byte> source) where TGeneral : unmanaged
    {
        var x = new VectorContext(c, i);
        ulong result = TOp.Execute(ref x, source);
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        Reg.Set(c, i->Destination, Wide.Cut<TGeneral>(result));
        return Outcome.Next;
    }
}
