using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// How a vector instruction is encoded; a type parameter of the handlers. It decides when the instruction may run, how wide it is, and what becomes of the upper half of
/// its destination.
/// </summary>
internal unsafe interface IVectorEncoding
{
    /// <summary>256 bits.</summary>
    static abstract bool IsWide { get; }

    /// <summary>Bits 255 to 128 of the destination become 0 where the instruction has only 128.</summary>
    static abstract bool ClearsUpper { get; }

    /// <summary>False: #UD or #NM is pending.</summary>
    static abstract bool IsReady(Core* c);
}

/// <summary>SSE: bits 255 to 128 stay.</summary>
internal readonly unsafe struct LegacySse : IVectorEncoding
{
    public static bool IsWide => false;
    public static bool ClearsUpper => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReady(Core* c) => VectorGate.IsSseReady(c);
}

/// <summary>VEX.L 0: bits 255 to 128 become 0.</summary>
internal readonly unsafe struct Vex128 : IVectorEncoding
{
    public static bool IsWide => false;
    public static bool ClearsUpper => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReady(Core* c) => VectorGate.IsAvxReady(c);
}

/// <summary>VEX.L 1.</summary>
internal readonly unsafe struct Vex256 : IVectorEncoding
{
    public static bool IsWide => true;
    public static bool ClearsUpper => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsReady(Core* c) => VectorGate.IsAvxReady(c);
}
