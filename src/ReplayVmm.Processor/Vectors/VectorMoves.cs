namespace ReplayVmm.Processor;

/// <summary>Binders of moves that have both directions under one mnemonic.</summary>
internal static unsafe class VectorMoves
{
    /// <summary>Whole registers.</summary>
    public static bool BindCopy(ref BindContext b) =>
        b.IsMemory(0) ? VectorStores<Packed<VectorCopy>>.Bind(ref b) : VectorForms<Packed<VectorCopy>>.Bind(ref b);
}
