namespace ReplayVmm.Conformance;

/// <summary>Every family of cases.</summary>
internal static class Catalog
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<Family> All { get; } =
    [
        BasicFamily.Make(32),
        BasicFamily.Make(64),
        .. PagingForm.Every.Select(PageRightsFamily.Make),
        PageAccessedFamily.Make(32),
        PageAccessedFamily.Make(64),
        PageReservedFamily.Make(32),
        PageReservedFamily.Make(64),
        PageFaultFamily.Make(32),
        PageFaultFamily.Make(64),
        DoubleFaultFamily.Make(32),
        DoubleFaultFamily.Make(64),
        TripleFaultFamily.Make(32),
        TripleFaultFamily.Make(64),
        SelfModifyingFamily.Make(32),
        SelfModifyingFamily.Make(64),
        PageTableFamily.Make(32),
        PageTableFamily.Make(64),
        PageCacheFamily.Make(32),
        PageCacheFamily.Make(64),
        PageControlFamily.Make(32),
    ];
}
