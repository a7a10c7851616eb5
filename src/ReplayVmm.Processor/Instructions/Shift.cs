using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>Where a shift's count comes from; a type parameter of the operations.</summary>
internal unsafe interface ICount
{
    /// <summary>The count before masking.</summary>
    static abstract int Get(Core* c, DecodedInstruction* i);
}

/// <summary>An immediate count.</summary>
internal readonly unsafe struct ImmediateCount : ICount
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Get(Core* c, DecodedInstruction* i) => (int)i->Immediate;
}

/// <summary>The count in CL.</summary>
internal readonly unsafe struct ClCount : ICount
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Get(Core* c, DecodedInstruction* i) => Reg.Get<byte>(c, GprSlot.Rcx);
}

/// <summary>One of the shifts and rotates with a count that is not zero after masking.</summary>
internal unsafe interface IShift
{
    /// <summary>Computes the result and sets the flags.</summary>
    /// <param name="c">The core.</param>
    /// <param name="value">The operand.</param>
    /// <param name="count">1 to 31, or to 63 for a 64-bit operand.</param>
    static abstract T Execute<T>(Core* c, T value, int count) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Shift or rotate by a count: a masked count of zero leaves the operand and all flags (SDM volume 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR).</summary>
internal readonly unsafe struct ShiftBy<TShift, TCount> : IModifyOperation where TShift : struct, IShift where TCount : struct, ICount
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, DecodedInstruction* i, T destination) where T : unmanaged, IBinaryInteger<T>
    {
        int count = TCount.Get(c, i) & (sizeof(T) == 8 ? 63 : 31);
        return count == 0 ? destination : TShift.Execute(c, destination, count);
    }
}

/// <summary>The binder of shifts and rotates.</summary>
internal static class Shift<TShift> where TShift : struct, IShift
{
    /// <summary>Chooses count, width and form.</summary>
    public static bool Bind(ref BindContext b) =>
        b.IsRegister(1) ? Modify<ShiftBy<TShift, ClCount>>.Bind(ref b) : Modify<ShiftBy<TShift, ImmediateCount>>.Bind(ref b);
}
