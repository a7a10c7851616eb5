using System.Numerics;

namespace ReplayVmm.Processor;

/// <summary>SHLD (SDM volume 2, SHLD): bits enter from the source register.</summary>
internal readonly unsafe struct DoubleShiftLeftOperation<TCount> : IModifyOperation where TCount : struct, ICount
{
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        int bits = sizeof(T) * 8, count = TCount.Get(c, i) & (sizeof(T) == 8 ? 63 : 31);
        if (count == 0)
            return destination;
        ulong into = Wide.Zero(destination), from = Wide.Zero(Reg.Get<T>(c, i->Source));
        ulong result;
        bool carry;
        if (sizeof(T) == 2)
        {
            // Counts of 17 to 31, undefined in the manual, go on through source and then destination again.
            ulong line = (into << 32) | (from << 16) | into;
            result = line >> (32 - count);
            carry = ((line >> (48 - count)) & 1) != 0;
        }
        else
        {
            result = (into << count) | (from >> (bits - count));
            carry = ((into >> (bits - count)) & 1) != 0;
        }
        T cut = Wide.Cut<T>(result);
        Flags.Result(c, cut, carry, carry != Wide.Sign(cut) < 0, adjust: true);
        return cut;
    }
}

/// <summary>SHRD (SDM volume 2, SHRD).</summary>
internal readonly unsafe struct DoubleShiftRightOperation<TCount> : IModifyOperation where TCount : struct, ICount
{
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        int bits = sizeof(T) * 8, count = TCount.Get(c, i) & (sizeof(T) == 8 ? 63 : 31);
        if (count == 0)
            return destination;
        ulong into = Wide.Zero(destination), from = Wide.Zero(Reg.Get<T>(c, i->Source));
        // A 16-bit count of 17 to 31, undefined in the manual, goes on through source and then destination again.
        ulong line = sizeof(T) == 2 ? (into << 32) | (from << 16) | into : into;
        ulong result = sizeof(T) == 2 ? line >> count : (into >> count) | (from << (bits - count));
        T cut = Wide.Cut<T>(result);
        Flags.Result(c, cut, ((line >> (count - 1)) & 1) != 0, (Wide.Sign(cut) ^ Wide.Sign(cut << 1)) < 0, adjust: true);
        return cut;
    }
}

/// <summary>Binders of SHLD and SHRD.</summary>
internal static class DoubleShift
{
    public static bool BindLeft(ref BindContext b) =>
        b.IsRegister(2) ? Modify<DoubleShiftLeftOperation<ClCount>>.Bind(ref b) : Modify<DoubleShiftLeftOperation<ImmediateCount>>.Bind(ref b);

    public static bool BindRight(ref BindContext b) =>
        b.IsRegister(2) ? Modify<DoubleShiftRightOperation<ClCount>>.Bind(ref b) : Modify<DoubleShiftRightOperation<ImmediateCount>>.Bind(ref b);
}
