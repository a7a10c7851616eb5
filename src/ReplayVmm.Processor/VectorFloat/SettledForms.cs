using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>An operation that mostly changes nothing but its destination: no exception that is not there already, and no element that needs the exact operation.</summary>
internal unsafe interface ISettledOperation : IVectorOperation
{
    /// <summary>The result of lane <paramref name="lane"/>; false where it takes more than a glance, and <see cref="IVectorOperation.Lane"/> is to be asked.</summary>
    static abstract bool TrySettled(Core* c, DecodedInstruction* i, int lane, Vector128<byte> first, Vector128<byte> source, out Vector128<byte> result);
}

/// <summary>
/// Handlers in front of those of <see cref="VectorForms{TOp}"/>, which bind the operands and take what these do not: without a context, nothing has to leave the host's registers.
/// </summary>
internal static unsafe class SettledForms<TOp> where TOp : struct, ISettledOperation
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        if (!VectorForms<TOp>.Bind(ref b))
            return false;
        if (b.Source.Encoding == EncodingKind.Legacy)
            BindSource<LegacySse>(ref b);
        else if (VectorOperands.IsWide(ref b))
            BindSource<Vex256>(ref b);
        else
            BindSource<Vex128>(ref b);
        return true;
    }

    private static void BindSource<TEncoding>(ref BindContext b) where TEncoding : struct, IVectorEncoding
    {
        int source = b.Source.OpCount - 1;
        if (b.IsRegister(source))
        {
            b.Target->Handler = &FromRegister<TEncoding>;
            return;
        }
        // Other address forms keep the handler that they have.
        if (!b.IsMemory(source) || b.BindMemory() != AddressForm.Long)
            return;
        switch (b.Source.MemorySize.GetSize())
        {
            case 4: b.Target->Handler = &FromMemory<TEncoding, uint>; break;
            case 8: b.Target->Handler = &FromMemory<TEncoding, ulong>; break;
            case 16: b.Target->Handler = &FromMemory<TEncoding, Vector128<byte>>; break;
            case 32: b.Target->Handler = &FromMemory<TEncoding, Vector256<byte>>; break;
        }
    }

    private static Outcome FromRegister<TEncoding>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding
    {
        if (!TEncoding.IsReady(c))
            return Outcome.Stop;
        // As many bytes as the instruction before has written, so that the host need not wait until they are in memory.
        return TEncoding.IsWide ? Finish<TEncoding>(c, i, VectorRegister.Ymm(c, i->Source)) : Finish<TEncoding>(c, i, VectorRegister.Xmm(c, i->Source));
    }

    private static Outcome FromMemory<TEncoding, T>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding where T : unmanaged
    {
        if (!TEncoding.IsReady(c) || !VectorMemory.TryLoad<T, Address64>(c, i, out Vector256<byte> source))
            return Outcome.Stop;
        return TEncoding.IsWide ? Finish<TEncoding>(c, i, source) : Finish<TEncoding>(c, i, source.GetLower());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Finish<TEncoding>(Core* c, DecodedInstruction* i, Vector128<byte> source) where TEncoding : struct, IVectorEncoding
    {
        if (!TOp.TrySettled(c, i, 0, VectorRegister.Xmm(c, VectorOperands.First(i)), source, out Vector128<byte> result))
            return FinishSlowly<TEncoding>(c, i, source.ToVector256());
        if (TEncoding.ClearsUpper)
            VectorRegister.Ymm(c, i->Destination) = result.ToVector256();
        else
            VectorRegister.Xmm(c, i->Destination) = result;
        return Outcome.Next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Finish<TEncoding>(Core* c, DecodedInstruction* i, Vector256<byte> source) where TEncoding : struct, IVectorEncoding
    {
        Vector256<byte> first = VectorRegister.Ymm(c, VectorOperands.First(i));
        if (!TOp.TrySettled(c, i, 0, first.GetLower(), source.GetLower(), out Vector128<byte> lower)
            || !TOp.TrySettled(c, i, 1, first.GetUpper(), source.GetUpper(), out Vector128<byte> upper))
        {
            return FinishSlowly<TEncoding>(c, i, source);
        }
        VectorRegister.Ymm(c, i->Destination) = Vector256.Create(lower, upper);
        return Outcome.Next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome FinishSlowly<TEncoding>(Core* c, DecodedInstruction* i, Vector256<byte> source) where TEncoding : struct, IVectorEncoding =>
        VectorForms<TOp>.Finish<TEncoding>(c, i, source);
}
