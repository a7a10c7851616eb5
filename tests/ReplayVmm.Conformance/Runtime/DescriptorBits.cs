namespace ReplayVmm.Conformance;

/// <summary>Makes descriptors (SDM volume 3, sections 3.4.5, 6.11 and 7.2.2).</summary>
internal static class DescriptorBits
{
    /// <summary>A code or data segment, a TSS or an LDT.</summary>
    /// <param name="access">Type, S, DPL and P: bits 40 to 47.</param>
    /// <param name="start">Base.</param>
    /// <param name="limit">Limit: 20 bits.</param>
    /// <param name="flags">AVL, L, D/B and G: bits 52 to 55, as a number of 4 bits.</param>
    public static ulong Segment(byte access, uint start, uint limit, byte flags) =>
        (limit & 0xFFFF) | ((ulong)(start & 0xFF_FFFF) << 16) | ((ulong)access << 40) | ((ulong)(limit >> 16 & 0xF) << 48)
        | ((ulong)flags << 52) | ((ulong)(start >> 24) << 56);

    /// <summary>A gate, or the lower half of a 64-bit one.</summary>
    /// <param name="access">Type, DPL and P: bits 40 to 47.</param>
    /// <param name="selector">Code segment, or task state segment.</param>
    /// <param name="offset">Entry.</param>
    /// <param name="low">Bits 32 to 39: the number of parameters of a call gate, the IST of a 64-bit gate.</param>
    public static ulong Gate(byte access, ushort selector, uint offset, byte low = 0) =>
        (offset & 0xFFFF) | ((ulong)selector << 16) | ((ulong)low << 32) | ((ulong)access << 40) | ((ulong)(offset >> 16) << 48);
}
