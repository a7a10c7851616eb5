namespace ReplayVmm.Processor;

/// <summary>
/// What a floating-point operation on vectors works on. The result is a place of its own: it becomes the destination only where no exception is unmasked.
/// </summary>
// SAFETY: made by the handlers of this family alone; each pointer leads to 32 bytes that live as long as the instruction.
internal unsafe struct FloatCall
{
    /// <summary>MXCSR as it stands before the instruction.</summary>
    public uint Mxcsr;

    /// <summary>Bytes of vector that the instruction works on: 16 or 32. Where the widths of source and result differ, those of the wider one.</summary>
    public int Length;

    /// <summary>The immediate byte.</summary>
    public int Control;

    /// <summary>Where the result goes.</summary>
    public byte* Result;

    /// <summary>The first source: of legacy instructions the destination.</summary>
    public byte* First;

    /// <summary>The last source, from a register or memory; only as many bytes count as the instruction reads.</summary>
    public byte* Second;

    /// <summary>The destination as it was (FMA), or the mask in a register (BLENDV).</summary>
    public byte* Third;
}

/// <summary>An operation on vectors: fills the result and says which exceptions it found, as bits 0 to 5 of MXCSR.</summary>
internal interface IFloatOperation
{
    /// <summary>Computes all elements; nothing but the result is written.</summary>
    static abstract int Execute(in FloatCall call);
}
