namespace ReplayVmm.Processor;

/// <summary>Something that caches what physical memory told it: a processor.</summary>
internal unsafe interface IMemoryObserver
{
    /// <summary>Guest frames map elsewhere or with other rights.</summary>
    void MappingChanged();

    /// <summary>Which pages were written is counted anew: each next store to a page must be seen again.</summary>
    void WritesForgotten();

    /// <summary>Stores to the host page must be seen from now on.</summary>
    void CodeAppeared(byte* hostPage);

    /// <summary>All decoded blocks are gone.</summary>
    void BlocksDropped();
}
