namespace ReplayVmm.Processor;

/// <summary>Binders of instructions that do not take all of their immediate at its word.</summary>
internal static unsafe class FloatBinders
{
    private const long LegacyPredicates = 7, PlaceAndZeros = 0x3F, Byte = 0xFF;

    /// <summary>CMPPS and its like without VEX: only bits 2 to 0 count (SDM volume 2, CMPPS).</summary>
    public static bool BindLegacyComparison<TOp>(ref BindContext b) where TOp : struct, IVectorOperation
    {
        bool isBound = VectorForms<TOp>.Bind(ref b);
        b.Target->Immediate &= ~Byte | LegacyPredicates;
        return isBound;
    }

    /// <summary>INSERTPS: from memory comes one element, whatever bits 7 and 6 say (SDM volume 2, INSERTPS).</summary>
    public static bool BindInsert(ref BindContext b)
    {
        bool isBound = VectorForms<PackedImmediate<InsertSingle>>.Bind(ref b);
        if (b.IsMemory(b.Source.OpCount - 2))
            b.Target->Immediate &= ~Byte | PlaceAndZeros;
        return isBound;
    }
}
