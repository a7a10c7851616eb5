using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>The forms on MMX registers of instructions that SSSE3 added: what the operations on XMM registers make of 64 bits.</summary>
internal static class MmxExtensions
{
    /// <summary>Element by element: the lower half.</summary>
    public static ulong Elements<TOp>(ulong a, ulong b) where TOp : struct, IPackedOperation =>
        TOp.Execute(Vector128.CreateScalar(a).AsByte(), Vector128.CreateScalar(b).AsByte()).AsUInt64().ToScalar();

    /// <summary>Neighbours: both operands stand in the first one's place, whose results are the lower half.</summary>
    public static ulong Neighbours<TOp>(ulong a, ulong b) where TOp : struct, IPackedOperation =>
        TOp.Execute(Vector128.Create(a, b).AsByte(), Vector128<byte>.Zero).AsUInt64().ToScalar();

    /// <summary>PSHUFB: three bits name a byte.</summary>
    public static ulong ShuffleBytes(ulong a, ulong b) => Elements<ShuffleBytes>(a, b & 0x8787_8787_8787_8787);

    /// <summary>PALIGNR: 8 bytes out of 16.</summary>
    public static ulong AlignRight(ulong a, ulong b, byte bytes) => Processor.AlignRight.Execute(
        Vector128<byte>.Zero, Vector128.Create(b, a).AsByte(), bytes).AsUInt64().ToScalar();
}
