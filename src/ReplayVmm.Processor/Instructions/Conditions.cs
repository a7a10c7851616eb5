using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>A condition on the flags (SDM volume 1, appendix B).</summary>
internal unsafe interface ICondition
{
    /// <summary>True where it holds.</summary>
    static abstract bool Holds(Core* c);
}

/// <summary>O: OF.</summary>
internal readonly unsafe struct OverflowCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Overflow(c);
}

/// <summary>NO: no OF.</summary>
internal readonly unsafe struct NotOverflowCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Overflow(c);
}

/// <summary>B: CF.</summary>
internal readonly unsafe struct BelowCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Carry(c);
}

/// <summary>AE: no CF.</summary>
internal readonly unsafe struct AboveOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Carry(c);
}

/// <summary>E: ZF.</summary>
internal readonly unsafe struct EqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Zero(c);
}

/// <summary>NE: no ZF.</summary>
internal readonly unsafe struct NotEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Zero(c);
}

/// <summary>BE: CF or ZF.</summary>
internal readonly unsafe struct BelowOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Carry(c) | Flags.Zero(c);
}

/// <summary>A: neither CF nor ZF.</summary>
internal readonly unsafe struct AboveCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !(Flags.Carry(c) | Flags.Zero(c));
}

/// <summary>S: SF.</summary>
internal readonly unsafe struct SignCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Sign(c);
}

/// <summary>NS: no SF.</summary>
internal readonly unsafe struct NotSignCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Sign(c);
}

/// <summary>P: PF.</summary>
internal readonly unsafe struct ParityCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Parity(c);
}

/// <summary>NP: no PF.</summary>
internal readonly unsafe struct NotParityCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Parity(c);
}

/// <summary>L: SF is not OF.</summary>
internal readonly unsafe struct LessCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Less(c);
}

/// <summary>GE: SF is OF.</summary>
internal readonly unsafe struct GreaterOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !Flags.Less(c);
}

/// <summary>LE: ZF, or SF is not OF.</summary>
internal readonly unsafe struct LessOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => Flags.Zero(c) | Flags.Less(c);
}

/// <summary>G: no ZF, and SF is OF.</summary>
internal readonly unsafe struct GreaterCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(Core* c) => !(Flags.Zero(c) | Flags.Less(c));
}
