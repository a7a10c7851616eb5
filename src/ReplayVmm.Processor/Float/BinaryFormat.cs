namespace ReplayVmm.Processor;

/// <summary>A binary interchange format (SDM volume 1, 4.2.2); a type parameter, so that each is compiled on its own.</summary>
internal interface IBinaryFormat
{
    /// <summary>Bits of significand, the one that is not stored included.</summary>
    static abstract int Precision { get; }

    /// <summary>Bits of exponent.</summary>
    static abstract int ExponentBits { get; }
}

/// <summary>Half precision.</summary>
internal readonly struct Binary16 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int Precision => 11;
    /// <inheritdoc/>
    public static int ExponentBits => 5;
}

/// <summary>Single precision.</summary>
internal readonly struct Binary32 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int Precision => 24;
    /// <inheritdoc/>
    public static int ExponentBits => 8;
}

/// <summary>Double precision.</summary>
internal readonly struct Binary64 : IBinaryFormat
{
    /// <inheritdoc/>
    public static int Precision => 53;
    /// <inheritdoc/>
    public static int ExponentBits => 11;
}
