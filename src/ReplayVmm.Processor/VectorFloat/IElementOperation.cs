namespace ReplayVmm.Processor;

/// <summary>What becomes of two elements.</summary>
internal interface IElementOperation
{
    /// <summary>The operation, exact in bits and flags for all operands and all settings.</summary>
    static abstract ulong Exact<TFormat>(ref FloatContext x, ulong a, ulong b) where TFormat : struct, IBinaryFormat;
}
