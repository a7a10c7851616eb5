using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// CVTPI2PS CVTPI2PD CVTPS2PI CVTPD2PI and the truncating ones (SDM volume 2): conversions between XMM registers and two 32-bit integers in an MMX register, which begin an MMX
/// sequence where they use one; from memory to an XMM register they leave the x87 unit alone.
/// </summary>
internal static unsafe class MmxConversions<TOp> where TOp : struct, IElementConversion
{
    /// <summary>To an XMM register.</summary>
    public static bool BindFromMmx(ref BindContext b)
    {
        VectorOperands.Bind(ref b);
        if (b.IsRegister(1))
        {
            b.Target->Source = (byte)(b.Source.GetOpRegister(1) - Register.MM0);
            b.Target->Handler = &FromMmx;
        }
        else
        {
            b.Target->Handler = b.BindMemory() == AddressForm.Long ? &FromMemory<Address64> : &FromMemory<AddressChecked>;
        }
        return true;
    }

    /// <summary>To an MMX register.</summary>
    public static bool BindToMmx(ref BindContext b)
    {
        VectorOperands.Bind(ref b);
        b.Target->Destination = (byte)(b.Source.GetOpRegister(0) - Register.MM0);
        if (b.IsRegister(1))
            b.Target->Handler = &ToMmx;
        else if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = TOp.SourceSize == sizeof(float) ? &ToMmxFromMemory<ulong, Address64> : &ToMmxFromMemory<Vector128<byte>, Address64>;
        else
            b.Target->Handler = TOp.SourceSize == sizeof(float) ? &ToMmxFromMemory<ulong, AddressChecked> : &ToMmxFromMemory<Vector128<byte>, AddressChecked>;
        return true;
    }

    private static Outcome FromMmx(Core* c, DecodedInstruction* i)
    {
        if (!IsReady(c))
            return Outcome.Stop;
        Outcome outcome = Convert(c, i, c->State.FpSignificand[i->Source]);
        if (outcome == Outcome.Next)
            Mmx.Enter(c);
        return outcome;
    }

    private static Outcome FromMemory<TAddress>(Core* c, DecodedInstruction* i) where TAddress : struct, IAddress =>
        VectorGate.IsSseReady(c) && VectorMemory.TryLoad<ulong, TAddress>(c, i, out Vector256<byte> source)
            ? Convert(c, i, source.AsUInt64().ToScalar()) : Outcome.Stop;

    private static Outcome Convert(Core* c, DecodedInstruction* i, ulong source)
    {
        var x = new VectorContext(c, i);
        ref Vector128<byte> destination = ref VectorRegister.Xmm(c, i->Destination);
        Vector128<byte> result = PackedConversion<TOp>.Lane(ref x, default, Vector128.CreateScalar(source).AsByte());
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        destination = TOp.ResultSize == sizeof(float) ? Vector128.Create(result.GetLower(), destination.GetUpper()) : result;
        return Outcome.Next;
    }

    private static Outcome ToMmx(Core* c, DecodedInstruction* i) =>
        IsReady(c) ? Finish(c, i, VectorRegister.Xmm(c, i->Source)) : Outcome.Stop;

    private static Outcome ToMmxFromMemory<T, TAddress>(Core* c, DecodedInstruction* i) where T : unmanaged where TAddress : struct, IAddress =>
        IsReady(c) && VectorMemory.TryLoad<T, TAddress>(c, i, out Vector256<byte> source) ? Finish(c, i, source.GetLower()) : Outcome.Stop;

    private static Outcome Finish(Core* c, DecodedInstruction* i, Vector128<byte> source)
    {
        var x = new VectorContext(c, i);
        // Of singles only the lower two count; zeros in place of the others report nothing.
        if (TOp.SourceSize == sizeof(float))
            source = Vector128.CreateScalar(source.AsUInt64().ToScalar()).AsByte();
        Vector128<byte> result = PackedConversion<TOp>.Lane(ref x, default, source);
        if (!VectorGate.Commit(c, x.Exceptions))
            return Outcome.Stop;
        return Mmx.Write(c, i->Destination, result.AsUInt64().ToScalar());
    }

    private static bool IsReady(Core* c) => VectorGate.IsSseReady(c) && X87.IsReady(c);
}
