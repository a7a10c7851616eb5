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
