using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>ADD.</summary>
internal readonly unsafe struct AddOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination + source;
        Flags.Add(c, destination, source, result);
        return result;
    }
}

/// <summary>CMP.</summary>
internal readonly unsafe struct CompareOperation : IBinary
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination - source;
        Flags.Subtract(c, destination, source, result);
        return result;
    }
}

/// <summary>OR.</summary>
internal readonly unsafe struct OrOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination | source;
        Flags.Logic(c, result);
        return result;
    }
}

/// <summary>ADC.</summary>
internal readonly unsafe struct AddWithCarryOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination + source + Wide.Cut<T>(c->FlagCarries >> 63);
        Flags.Add(c, destination, source, result);
        return result;
    }
}

/// <summary>SBB.</summary>
internal readonly unsafe struct SubtractWithBorrowOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination - source - Wide.Cut<T>(c->FlagCarries >> 63);
        Flags.Subtract(c, destination, source, result);
        return result;
    }
}

/// <summary>AND.</summary>
internal readonly unsafe struct AndOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination & source;
        Flags.Logic(c, result);
        return result;
    }
}

/// <summary>SUB.</summary>
internal readonly unsafe struct SubtractOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination - source;
        Flags.Subtract(c, destination, source, result);
        return result;
    }
}

/// <summary>XOR.</summary>
internal readonly unsafe struct XorOperation : IBinary
{
    public static bool Writes => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination ^ source;
        Flags.Logic(c, result);
        return result;
    }
}

/// <summary>TEST.</summary>
internal readonly unsafe struct TestOperation : IBinary
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Execute<T>(Core* c, T destination, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T result = destination & source;
        Flags.Logic(c, result);
        return result;
    }
}
