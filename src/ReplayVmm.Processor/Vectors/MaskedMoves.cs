using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// VMASKMOVPS VMASKMOVPD VPMASKMOVD VPMASKMOVQ: elements whose mask bit is clear are not touched, and cannot fault; alignment is never checked. MASKMOVDQU and MASKMOVQ: all of
/// the operand is checked whatever the mask, as the manual lets processors do (SDM volume 2 under each name). A store happens whole or not at all.
/// </summary>
internal static unsafe class MaskedMoves
{
    private const int DestinationIndex = 7;

    /// <summary>VMASKMOVPS VPMASKMOVD: register or memory destination.</summary>
    public static bool Bind32(ref BindContext b) => Bind<uint>(ref b);
    /// <summary>VMASKMOVPD VPMASKMOVQ.</summary>
    public static bool Bind64(ref BindContext b) => Bind<ulong>(ref b);

    /// <summary>MASKMOVDQU VMASKMOVDQU.</summary>
    public static bool BindBytes(ref BindContext b)
    {
        BindImplied(ref b);
        b.Target->Handler = b.Source.Encoding == EncodingKind.Legacy ? &StoreBytes<LegacySse> : &StoreBytes<Vex128>;
        return true;
    }

    /// <summary>MASKMOVQ.</summary>
    public static bool BindMmx(ref BindContext b)
    {
        BindImplied(ref b);
        b.Target->Handler = &StoreMmx;
        return true;
    }

    private static void BindImplied(ref BindContext b)
    {
        DecodedInstruction* i = b.Target;
        var segment = (SegmentIndex)(b.Source.MemorySegment - Register.ES);
        (i->Base, i->Index) = (Slot.Gpr(DestinationIndex), Slot.Zero);
        i->Segment = b.Mode.CodeBits == 64 && segment < SegmentIndex.Fs ? Slot.Zero : Slot.SegmentBase(segment);
        (i->Destination, i->Source) = ((byte)b.Source.GetOpRegister(1).GetNumber(), (byte)b.Source.GetOpRegister(2).GetNumber());
    }

    private static bool Bind<T>(ref BindContext b) where T : unmanaged
    {
        bool wide = VectorOperands.IsWide(ref b), store = b.IsMemory(0);
        int mask = 1, data = store ? 2 : 0;
        b.Target->Source = (byte)b.Source.GetOpRegister(mask).GetNumber();
        b.Target->Destination = (byte)b.Source.GetOpRegister(data).GetNumber();
        b.Target->Immediate = (wide ? 32 : 16) / sizeof(T);
        b.BindMemory();
        b.Target->Handler = store ? &Store<T> : &Load<T>;
        return true;
    }

    private static Outcome Load<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        if (!VectorGate.IsAvxReady(c))
            return Outcome.Stop;
        Vector256<byte> result = Vector256<byte>.Zero, mask = VectorRegister.Ymm(c, i->Source);
        var elements = (T*)&result;
        bool done = true, checks = SuspendAlignment(c);
        for (int n = 0; n < (int)i->Immediate && done; n++)
        {
            if (IsSet(&mask, ((n + 1) * sizeof(T)) - 1))
                done = TryPlace(c, i, n, sizeof(T), write: false, out ulong linear) && GuestAccess.Read(c, linear, out elements[n]);
        }
        c->AlignmentChecked = checks;
        if (!done)
            return Outcome.Stop;
        VectorRegister.Ymm(c, i->Destination) = result;
        return Outcome.Next;
    }

    private static Outcome Store<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        if (!VectorGate.IsAvxReady(c))
            return Outcome.Stop;
        Vector256<byte> value = VectorRegister.Ymm(c, i->Destination), mask = VectorRegister.Ymm(c, i->Source);
        return StoreElements<T>(c, i, (T*)&value, &mask, (int)i->Immediate);
    }

    private static Outcome StoreBytes<TEncoding>(Core* c, DecodedInstruction* i) where TEncoding : struct, IVectorEncoding
    {
        if (!TEncoding.IsReady(c))
            return Outcome.Stop;
        Vector256<byte> value = VectorRegister.Ymm(c, i->Destination), mask = VectorRegister.Ymm(c, i->Source);
        return IsWritable(c, i, 16) ? StoreElements<byte>(c, i, (byte*)&value, &mask, 16) : Outcome.Stop;
    }

    private static Outcome StoreMmx(Core* c, DecodedInstruction* i)
    {
        if (!Mmx.IsReady(c))
            return Outcome.Stop;
        Vector256<byte> value = Vector256.CreateScalar(c->State.FpSignificand[i->Destination]).AsByte();
        Vector256<byte> mask = Vector256.CreateScalar(c->State.FpSignificand[i->Source]).AsByte();
        if (!IsWritable(c, i, 8))
            return Outcome.Stop;
        Outcome outcome = StoreElements<byte>(c, i, (byte*)&value, &mask, 8);
        if (outcome == Outcome.Next)
            Mmx.Enter(c);
        return outcome;
    }

    private static Outcome StoreElements<T>(Core* c, DecodedInstruction* i, T* elements, Vector256<byte>* mask, int count) where T : unmanaged
    {
        bool done = true, checks = SuspendAlignment(c);
        for (int n = 0; n < count && done; n++)
        {
            if (IsSet(mask, ((n + 1) * sizeof(T)) - 1))
                done = TryPlace(c, i, n, sizeof(T), write: true, out ulong linear) && MemoryUnit.Probe(c, linear, sizeof(T), write: true);
        }
        for (int n = 0; n < count && done; n++)
        {
            if (IsSet(mask, ((n + 1) * sizeof(T)) - 1))
                done = TryPlace(c, i, n, sizeof(T), write: true, out ulong linear) && GuestAccess.Write(c, linear, elements[n]);
        }
        c->AlignmentChecked = checks;
        return done ? Outcome.Next : Outcome.Stop;
    }

    private static bool IsWritable(Core* c, DecodedInstruction* i, int size) =>
        TryPlace(c, i, 0, size, write: true, out ulong linear) && MemoryUnit.Probe(c, linear, 8, write: true)
            && (size == 8 || MemoryUnit.Probe(c, linear + 8, 8, write: true));

    private static bool IsSet(Vector256<byte>* mask, int @byte) => (((byte*)mask)[@byte] & 0x80) != 0;

    private static bool TryPlace(Core* c, DecodedInstruction* i, int element, int size, bool write, out ulong linear) =>
        Segmentation.TryLinear(c, i, AddressChecked.Cut(i, AddressChecked.Effective(c, i) + (ulong)(element * size)), size, write, out linear);

    private static bool SuspendAlignment(Core* c)
    {
        bool was = c->AlignmentChecked;
        c->AlignmentChecked = false;
        return was;
    }
}
