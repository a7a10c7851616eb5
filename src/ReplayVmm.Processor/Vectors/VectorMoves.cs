using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>Binders of moves whose forms under one mnemonic do different things.</summary>
internal static unsafe class VectorMoves
{
    /// <summary>Whole registers, loads and stores of as many bytes as the operand has; a load clears what lies above them.</summary>
    public static bool BindCopy(ref BindContext b) =>
        b.IsMemory(0) ? VectorStores<Packed<VectorCopy>>.Bind(ref b) : VectorForms<Packed<VectorCopy>>.Bind(ref b);

    /// <summary>MOVD and MOVQ: between general registers, memory and the low element, clearing what lies above.</summary>
    public static bool BindElement(ref BindContext b)
    {
        if (b.IsRegister(0) && b.Source.GetOpRegister(0).IsGPR())
            return VectorToGeneral<CopyToGeneral>.Bind(ref b);
        if (b.IsRegister(1) && b.Source.GetOpRegister(1).IsGPR())
            return VectorFromGeneral<CopyFromGeneral>.Bind(ref b);
        return b.IsMemory(0) || b.IsMemory(1) ? BindCopy(ref b) : VectorForms<Packed<LowQuadword>>.Bind(ref b);
    }

    /// <summary>MOVSS: between registers the rest comes from the first source, from memory it is 0.</summary>
    public static bool BindSingle(ref BindContext b) => BindScalar<MergeSingle>(ref b);

    /// <summary>MOVSD likewise.</summary>
    public static bool BindDouble(ref BindContext b) => BindScalar<MergeLow>(ref b);

    /// <summary>MOVLPS MOVLPD.</summary>
    public static bool BindLow(ref BindContext b) =>
        b.IsMemory(0) ? VectorStores<Packed<VectorCopy>>.Bind(ref b) : VectorForms<Packed<MergeLow>>.Bind(ref b);

    /// <summary>MOVHPS MOVHPD.</summary>
    public static bool BindHigh(ref BindContext b) =>
        b.IsMemory(0) ? VectorStores<Packed<HighQuadword>>.Bind(ref b) : VectorForms<Packed<MergeHigh>>.Bind(ref b);

    private static bool BindScalar<TMerge>(ref BindContext b) where TMerge : struct, IPackedOperation
    {
        bool memory = b.IsMemory(0) || b.IsMemory(b.Source.OpCount - 1);
        return memory ? BindCopy(ref b) : VectorForms<Packed<TMerge>>.Bind(ref b);
    }
}
