using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>One encoding in one mode, or random bytes (<see cref="Code.INVALID"/>).</summary>
internal sealed record Form(FormCatalog Catalog, int Bits, Code Code)
{
    /// <summary>As in the environment variable SILICON_CASE.</summary>
    public string Name { get; } = $"{Bits}/{(Code == Code.INVALID ? "RandomBytes" : Code)}";

    /// <summary>Changes segment registers or bases, so that they are compared in 64-bit mode too.</summary>
    public bool NeedsSegments => Code == Code.INVALID || FormCatalog.ChangesSegments(Code);

    /// <summary>
    /// May have prefixes until it is too long; not UD0 and UD1, whose length is not agreed on, nor VEX encodings, which legacy prefixes make #UD at any length.
    /// </summary>
    public bool MayBeLong => Code.Mnemonic() is not (Mnemonic.Ud0 or Mnemonic.Ud1) && Code.ToOpCode().Encoding != EncodingKind.VEX;

    /// <summary>
    /// May stand at the end of its pages. UD0 and UD1 may not: processors disagree about how many bytes they have (SDM volume 2, UD). Nor may conditional branches:
    /// where the segment's limit lies behind one that is not taken, the branch may fault, or the fetch that follows.
    /// </summary>
    public bool MayEndPages => Code != Code.INVALID && Code.Mnemonic() is not (Mnemonic.Ud0 or Mnemonic.Ud1) && Code.FlowControl() != FlowControl.ConditionalBranch;
}
