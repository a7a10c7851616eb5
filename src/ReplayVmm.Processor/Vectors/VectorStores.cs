using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// Handlers of all vector instructions whose register-or-memory operand is the destination. To memory go the low bytes of what the operation makes of the source; to a
/// register all of it. The first source is the destination register's old value, or zeros.
/// </summary>
internal static unsafe class VectorStores<TOp> where TOp : struct, IVectorOperation
{
    /// <summary>Chooses encoding, width and form.</summary>
    public static bool Bind(ref BindContext b)
    {
        VectorOperands.BindStore(ref b);
        if (b.Source.Encoding == EncodingKind.Legacy)
            BindDestination<LegacySse>(ref b);
        else if (VectorOperands.IsWide(ref b))
            BindDestination<Vex256>(ref b);
        else
            BindDestination<Vex128>(ref b);
        return true;
    }

    private static void BindDestination<TEncoding>(ref BindContext b) where TEncoding : struct, IVectorEncoding
    {
        if (b.IsRegister(0))
        {
            b.Target->Handler = &ToRegister<TEncoding>;
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
            b.Target->Handler = &ToMemory<TEncoding, T, Address64>;
        else
            b.Target->Handler = &ToMemory<TEncoding, T, AddressChecked>;
    }

    private static Outcome ToRegister<TEncoding>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding
    {
        if (!TEncoding.IsReady(c))
            return Outcome.Stop;
        var x = new VectorContext(c, i);
        Vector256<byte> result = Compute<TEncoding>(ref x, VectorRegister.Ymm(c, i->Destination));
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        if (TEncoding.IsWide || TEncoding.ClearsUpper)
            VectorRegister.Ymm(c, i->Destination) = result;
        else
            VectorRegister.Xmm(c, i->Destination) = result.GetLower();
        return Outcome.Next;
    }

    private static Outcome ToMemory<TEncoding, T, TAddress>(Core* c, DecodedInstruction* i)
        where TEncoding : struct, IVectorEncoding where T : unmanaged where TAddress : struct, IAddress
    {
        if (!TEncoding.IsReady(c))
            return Outcome.Stop;
        var x = new VectorContext(c, i);
        Vector256<byte> result = Compute<TEncoding>(ref x, default);
        if (x.Exceptions == 0)
            return VectorMemory.TryStore<T, TAddress>(c, i, result) ? Outcome.Next : Outcome.Stop;
        // MXCSR changes only where the store succeeds, and the store happens only where no exception stops it.
        uint before = c->State.Mxcsr;
        if (!VectorMemory.TryPlace<T, TAddress>(c, i, write: true, out ulong linear) || !MemoryUnit.Probe(c, linear, sizeof(T), write: true)
            || !VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        if (VectorMemory.TryStore<T, TAddress>(c, i, result))
            return Outcome.Next;
        c->State.Mxcsr = before;
        return Outcome.Stop;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Compute<TEncoding>(ref VectorContext x, Vector256<byte> first) where TEncoding : struct, IVectorEncoding
    {
        Vector256<byte> source = VectorRegister.Ymm(x.Core, x.Instruction->Source);
        return TEncoding.IsWide ? TOp.Whole<TOp>(ref x, first, source) : TOp.Lane(ref x, first.GetLower(), source.GetLower()).ToVector256();
    }
}
