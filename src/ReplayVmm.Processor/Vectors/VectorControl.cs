using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>LDMXCSR STMXCSR, VZEROUPPER VZEROALL, MOVQ2DQ MOVDQ2Q (SDM volume 2 under each name).</summary>
internal static unsafe class VectorControl
{
    /// <summary>LDMXCSR VLDMXCSR.</summary>
    public static bool BindLoad(ref BindContext b)
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = IsVex(ref b) ? &Load<Vex128, Address64> : &Load<LegacySse, Address64>;
        else
            b.Target->Handler = IsVex(ref b) ? &Load<Vex128, AddressChecked> : &Load<LegacySse, AddressChecked>;
        return true;
    }

    /// <summary>STMXCSR VSTMXCSR.</summary>
    public static bool BindStore(ref BindContext b)
    {
        if (b.BindMemory() == AddressForm.Long)
            b.Target->Handler = IsVex(ref b) ? &Store<Vex128, Address64> : &Store<LegacySse, Address64>;
        else
            b.Target->Handler = IsVex(ref b) ? &Store<Vex128, AddressChecked> : &Store<LegacySse, AddressChecked>;
        return true;
    }

    /// <summary>VZEROUPPER.</summary>
    public static bool BindZeroUpper(ref BindContext b) => Handlers.Bind(ref b, &ZeroUpper);
    /// <summary>VZEROALL.</summary>
    public static bool BindZeroAll(ref BindContext b) => Handlers.Bind(ref b, &ZeroAll);

    /// <summary>MOVQ2DQ.</summary>
    public static bool BindFromMmx(ref BindContext b) => BindMmx(ref b, &FromMmx);
    /// <summary>MOVDQ2Q.</summary>
    public static bool BindToMmx(ref BindContext b) => BindMmx(ref b, &ToMmx);

    private static bool IsVex(ref BindContext b) => b.Source.Encoding != EncodingKind.Legacy;

    private static bool BindMmx(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        (b.Target->Destination, b.Target->Source) = ((byte)b.Source.GetOpRegister(0).GetNumber(), (byte)b.Source.GetOpRegister(1).GetNumber());
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Load<TEncoding, TAddress>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding where TAddress : struct, IAddress
    {
        if (!TEncoding.IsReady(c) || !TAddress.TryLinear(c, i, sizeof(uint), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out uint value))
            return Outcome.Stop;
        if ((value & ~Mxcsr.Defined) != 0)
            return Fault.GeneralProtection(c);
        c->State.Mxcsr = value;
        return Outcome.Next;
    }

    private static Outcome Store<TEncoding, TAddress>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding where TAddress : struct, IAddress =>
        TEncoding.IsReady(c) && TAddress.TryLinear(c, i, sizeof(uint), write: true, out ulong linear) && GuestAccess.Write(c, linear, c->State.Mxcsr)
            ? Outcome.Next : Outcome.Stop;

    private static Outcome ZeroUpper(Core* c, DecodedInstruction* i)
    {
        if (!VectorGate.IsAvxReady(c))
            return Outcome.Stop;
        for (int n = 0; n < VectorRegister.Count(c); n++)
            VectorRegister.Upper(c, n) = Vector128<byte>.Zero;
        return Outcome.Next;
    }

    private static Outcome ZeroAll(Core* c, DecodedInstruction* i)
    {
        if (!VectorGate.IsAvxReady(c))
            return Outcome.Stop;
        for (int n = 0; n < VectorRegister.Count(c); n++)
            VectorRegister.Ymm(c, n) = Vector256<byte>.Zero;
        return Outcome.Next;
    }

    private static Outcome FromMmx(Core* c, DecodedInstruction* i)
    {
        if (!VectorGate.IsSseReady(c) || !Mmx.IsReady(c))
            return Outcome.Stop;
        Mmx.Enter(c);
        VectorRegister.Xmm(c, i->Destination) = Vector128.CreateScalar(c->State.FpSignificand[i->Source]).AsByte();
        return Outcome.Next;
    }

    private static Outcome ToMmx(Core* c, DecodedInstruction* i) => VectorGate.IsSseReady(c) && Mmx.IsReady(c)
        ? Mmx.Write(c, i->Destination, VectorRegister.Xmm(c, i->Source).AsUInt64().ToScalar()) : Outcome.Stop;
}
