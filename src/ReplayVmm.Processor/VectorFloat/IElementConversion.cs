namespace ReplayVmm.Processor;

/// <summary>An element of one kind from an element of another.</summary>
internal interface IElementConversion
{
    /// <summary>Bytes of the source.</summary>
    static abstract int SourceSize { get; }

    /// <summary>Bytes of the result.</summary>
    static abstract int ResultSize { get; }

    /// <summary>Converts the bits of <paramref name="a"/>, exactly, and adds what it reports to the exceptions.</summary>
    static abstract ulong Convert(ref VectorContext x, ulong a);
}
