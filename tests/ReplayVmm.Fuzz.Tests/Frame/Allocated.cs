using System.Diagnostics;
using System.Reflection;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>What a case allocated, beside what it may.</summary>
internal static class Allocated
{
    /// <summary>What a build without the optimiser may allocate where one with it may not allocate anything, in bytes a case.</summary>
    private const long WithoutOptimiser = 1 << 20;

    /// <summary>
    /// The code under test is compiled as it is shipped. A Debug build makes objects (boxes, enumerators) that the optimising compiler puts on
    /// the stack, so that "nothing" is a promise of Release alone.
    /// </summary>
    private static readonly bool Optimised =
        typeof(Processor.Interpreter).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <summary>Bytes that this thread has allocated since it began.</summary>
    public static long Now => GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Fails the case where anything was allocated since <paramref name="before"/>; in a Debug build where it was much.</summary>
    public static void NothingSince(long before) => Check(Now - before, Optimised ? 0 : WithoutOptimiser);

    /// <summary>Fails the case where more than <paramref name="most"/> bytes were allocated since <paramref name="before"/>.</summary>
    public static void AtMost(long most, long before) => Check(Now - before, most);

    private static void Check(long allocated, long most) =>
        FuzzException.Unless(allocated <= most, $"{allocated} bytes were allocated, {most} at most are allowed");
}
