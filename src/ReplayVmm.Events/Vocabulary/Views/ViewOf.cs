using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Events;

/// <summary>What all typed views share.</summary>
internal static class ViewOf
{
    /// <summary>
    /// Fails where <paramref name="e"/> is not of <paramref name="kind"/>: reading operands under a wrong name must not go unnoticed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expect(in Event e, EventKind kind)
    {
        if (e.Kind != kind)
            Fail(e.Kind, kind);
    }

    [DoesNotReturn]
    private static void Fail(EventKind found, EventKind expected) =>
        throw new ArgumentException($"an event of kind {found} was read as {expected}", nameof(found));
}
