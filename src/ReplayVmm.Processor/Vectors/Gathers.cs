using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// VGATHERDPS and the other gathers (SDM volume 2, VGATHERDPS). Elements are loaded from the lowest up; where one faults, those below it have arrived and their mask bits are
/// clear, so that the instruction goes on there when it is started again.
/// Alignment is not checked.
/// </summary>
internal static unsafe class Gathers
{
    /// <summary>32-bit indices, 32-bit elements.</summary>
    public static bool Bind32From32(ref BindContext b) => Bind<int, uint>(ref b);
    /// <summary>32-bit indices, 64-bit elements.</summary>
    public static bool Bind64From32(ref BindContext b) => Bind<int, ulong>(ref b);
    /// <summary>64-bit indices, 32-bit elements.</summary>
    public static bool Bind32From64(ref BindContext b) => Bind<long, uint>(ref b);
    /// <summary>64-bit indices, 64-bit elements.</summary>
    public static bool Bind64From64(ref BindContext b) => Bind<long, ulong>(ref b);

    private static bool Bind<TIndex, T>(ref BindContext b) where TIndex : unmanaged where T : unmanaged
    {
        Register destination = b.Source.GetOpRegister(0), mask = b.Source.GetOpRegister(2), index = b.Source.MemoryIndex;
        (int d, int m, int x) = (destination.GetNumber(), mask.GetNumber(), index.GetNumber());
        // Two of the three being the same register is #UD.
        if (d == m || d == x || m == x)
            return false;
        int count = Math.Min(destination.GetSize() / sizeof(T), index.GetSize() / sizeof(TIndex));
        b.Source.MemoryIndex = Register.None;
        b.BindMemory();
        b.Target->Scale = (byte)System.Numerics.BitOperations.TrailingZeroCount(b.Source.MemoryIndexScale);
        (b.Target->Destination, b.Target->Source, b.Target->Immediate) = ((byte)d, (byte)m, (long)count | ((long)x << 8));
        b.Target->Handler = &Gather<TIndex, T>;
        return true;
    }

    private static Outcome Gather<TIndex, T>(Core* c, DecodedInstruction* i) where TIndex : unmanaged where T : unmanaged
    {
        if (!VectorGate.IsAvxReady(c))
            return Outcome.Stop;
        int count = (byte)i->Immediate;
        Vector256<byte> index = VectorRegister.Ymm(c, VectorOperands.First(i)), old = VectorRegister.Ymm(c, i->Destination), mask = VectorRegister.Ymm(c, i->Source);
        Vector256<byte> result = old, left = mask;
        bool checks = c->AlignmentChecked;
        c->AlignmentChecked = false;
        for (int n = 0; n < count; n++)
        {
            if (!IsSet<T>(&mask, n))
            {
                ((T*)&left)[n] = default;
                continue;
            }
            if (!TryLoad<TIndex, T>(c, i, ((TIndex*)&index)[n], out T element))
            {
                c->AlignmentChecked = checks;
                // A device that is to answer is asked from the start again; a fault leaves what has arrived.
                if (c->Pending.Kind == PendingKind.Fault)
                    (VectorRegister.Ymm(c, i->Destination), VectorRegister.Ymm(c, i->Source)) = (result, left);
                return Outcome.Stop;
            }
            (((T*)&result)[n], ((T*)&left)[n]) = (element, default);
        }
        c->AlignmentChecked = checks;
        int bytes = count * sizeof(T);
        new Span<byte>((byte*)&result + bytes, 32 - bytes).Clear();
        (VectorRegister.Ymm(c, i->Destination), VectorRegister.Ymm(c, i->Source)) = (result, Vector256<byte>.Zero);
        return Outcome.Next;
    }

    private static bool TryLoad<TIndex, T>(Core* c, DecodedInstruction* i, TIndex index, out T element) where TIndex : unmanaged where T : unmanaged
    {
        ulong offset = (ulong)Wide.Sign(index) << i->Scale;
        ulong effective = AddressChecked.Cut(i, AddressChecked.Effective(c, i) + offset);
        element = default;
        return Segmentation.TryLinear(c, i, effective, sizeof(T), write: false, out ulong linear) && GuestAccess.Read(c, linear, out element);
    }

    private static bool IsSet<T>(Vector256<byte>* mask, int element) where T : unmanaged => (((byte*)mask)[((element + 1) * sizeof(T)) - 1] & 0x80) != 0;
}
