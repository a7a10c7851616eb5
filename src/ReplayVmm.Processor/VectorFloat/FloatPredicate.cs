namespace ReplayVmm.Processor;

/// <summary>The 32 predicates of VCMPPS, of which CMPPS has the first eight (SDM volume 2, CMPPD, table 3-1).</summary>
/// <param name="Number">The immediate, of which bits 4 to 0 count; legacy instructions have only bits 2 to 0 in it.</param>
internal readonly record struct FloatPredicate(int Number)
{
    /// <summary>The outcomes of a comparison, as bits.</summary>
    public const int Less = 1, Equal = 2, Greater = 4, Unordered = 8;

    private const int Outcomes = 4;

    /// <summary>Outcomes for which each is true, predicate 0 in the low four bits; 16 to 31 are 0 to 15, but for what they make of quiet NaNs.</summary>
    private const ulong Truths =
        (Equal << 0) | (Less << 4) | ((Less | Equal) << 8) | (Unordered << 12)
        | ((Less | Greater | Unordered) << 16) | ((Equal | Greater | Unordered) << 20) | ((ulong)(Greater | Unordered) << 24) | ((ulong)(Less | Equal | Greater) << 28)
        | ((ulong)(Equal | Unordered) << 32) | ((ulong)(Less | Unordered) << 36) | ((ulong)(Less | Equal | Unordered) << 40)
        | ((ulong)(Less | Greater) << 48) | ((ulong)(Equal | Greater) << 52) | ((ulong)Greater << 56) | ((ulong)(Less | Equal | Greater | Unordered) << 60);

    /// <summary>The outcomes for which it is true.</summary>
    public int Truth => (int)(Truths >> ((Number & 15) * Outcomes)) & 15;

    /// <summary>A quiet NaN is invalid.</summary>
    public bool IsSignaling => ((Number & 3) is 1 or 2) != ((Number & 16) != 0);

    /// <summary>Whether it is true of an outcome as <see cref="BinaryFloat{TFormat}.Compare"/> gives it.</summary>
    public bool Holds(int? order) => (Truth & (order switch { null => Unordered, 0 => Equal, < 0 => Less, _ => Greater })) != 0;
}
