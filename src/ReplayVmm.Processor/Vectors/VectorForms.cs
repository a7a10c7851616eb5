using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// Handlers of all vector instructions whose register-or-memory operand is a source and whose destination is a vector register: one per operation, encoding, width in memory
/// and address form. <see cref="IVectorOperation"/> says how operands arrive.
/// </summary>
internal static unsafe class VectorForms<TOp> where TOp : struct, IVectorOperation
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        int source = VectorOperands.Bind(ref b);
        if (b.Source.Encoding == EncodingKind.Legacy)
            BindSource<LegacySse>(ref b, source);
        else if (VectorOperands.IsWide(ref b))
            BindSource<Vex256>(ref b, source);
        else
            BindSource<Vex128>(ref b, source);
        return true;
    }

    private static void BindSource<TEncoding>(ref BindContext b, int source) where TEncoding : struct, IVectorEncoding
    {
        if (b.IsRegister(source))
        {
            b.Target->Handler = &FromRegister<TEncoding>;
            return;
        }
        switch (b.Source.MemorySize.GetSize())
        {
            case 1: BindMemory<TEncoding, byte>(ref b); break;
            case 2: BindMemory<TEncoding, ushort>(ref b); break;
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
        TEncoding.IsReady(c) ? Finish<TEncoding>(c, i, VectorRegister.Ymm(c, i->Source)) : Outcome.Stop;

    private static Outcome FromMemory<TEncoding, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where T : unmanaged where TAddress : struct, IAddress =>
        TEncoding.IsReady(c) && VectorMemory.TryLoad<T, TAddress>(c, i, out Vector256<byte> source) ? Finish<TEncoding>(c, i, source) : Outcome.Stop;

    /// <summary>What is left when the source is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Finish<TEncoding>(Core* c, DecodedInstruction* i, Vector256<byte> source) where TEncoding : struct, IVectorEncoding
    {
        var x = new VectorContext(c, i);
        int first = VectorOperands.First(i);
        if (TEncoding.IsWide)
        {
            Vector256<byte> whole = TOp.Whole<TOp>(ref x, VectorRegister.Ymm(c, first), source);
            if (!VectorGate.Commit(c, x.Exceptions))
                return Outcome.Stop;
            VectorRegister.Ymm(c, i->Destination) = whole;
            return Outcome.Next;
        }
        Vector128<byte> result = TOp.Lane(ref x, VectorRegister.Xmm(c, first), source.GetLower());
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        if (TEncoding.ClearsUpper)
            VectorRegister.Ymm(c, i->Destination) = result.ToVector256();
        else
            VectorRegister.Xmm(c, i->Destination) = result;
        return Outcome.Next;
    }
}
