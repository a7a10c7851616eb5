namespace ReplayVmm.Processor;

/// <summary>Which operands of an FMA instruction are multiplied: 1 is the destination, 2 and 3 the sources (SDM volume 1, 14.5.2; volume 2, VFMADD132PS).</summary>
internal interface IFusedOrder
{
    /// <summary>Numbers of first factor, second factor and addend among destination (0), first source (1) and second source (2): bits 0-1, 2-3, 4-5.</summary>
    static abstract int Order { get; }
}

/// <summary>Destination x last source + first source.</summary>
internal readonly struct Order132 : IFusedOrder
{
    public static int Order => 0 | (2 << 2) | (1 << 4);
}

/// <summary>First source x destination + last source.</summary>
internal readonly struct Order213 : IFusedOrder
{
    public static int Order => 1 | (0 << 2) | (2 << 4);
}

/// <summary>First source x last source + destination.</summary>
internal readonly struct Order231 : IFusedOrder
{
    public static int Order => 1 | (2 << 2) | (0 << 4);
}

/// <summary>Which signs change.</summary>
internal interface IFusedSigns
{
    /// <summary>The product's sign.</summary>
    static abstract bool NegatesProduct { get; }

    /// <summary>The addend's sign in elements with even numbers.</summary>
    static abstract bool NegatesEven { get; }

    /// <summary>The addend's sign in the others.</summary>
    static abstract bool NegatesOdd { get; }
}

/// <summary>VFMADD.</summary>
internal readonly struct FusedAdd : IFusedSigns
{
    public static bool NegatesProduct => false;
    public static bool NegatesEven => false;
    public static bool NegatesOdd => false;
}

/// <summary>VFMSUB.</summary>
internal readonly struct FusedSubtract : IFusedSigns
{
    public static bool NegatesProduct => false;
    public static bool NegatesEven => true;
    public static bool NegatesOdd => true;
}

/// <summary>VFNMADD.</summary>
internal readonly struct FusedNegatedAdd : IFusedSigns
{
    public static bool NegatesProduct => true;
    public static bool NegatesEven => false;
    public static bool NegatesOdd => false;
}

/// <summary>VFNMSUB.</summary>
internal readonly struct FusedNegatedSubtract : IFusedSigns
{
    public static bool NegatesProduct => true;
    public static bool NegatesEven => true;
    public static bool NegatesOdd => true;
}

/// <summary>VFMADDSUB: even elements are subtracted.</summary>
internal readonly struct FusedAddSubtract : IFusedSigns
{
    public static bool NegatesProduct => false;
    public static bool NegatesEven => true;
    public static bool NegatesOdd => false;
}

/// <summary>VFMSUBADD: odd elements are subtracted.</summary>
internal readonly struct FusedSubtractAdd : IFusedSigns
{
    public static bool NegatesProduct => false;
    public static bool NegatesEven => false;
    public static bool NegatesOdd => true;
}
