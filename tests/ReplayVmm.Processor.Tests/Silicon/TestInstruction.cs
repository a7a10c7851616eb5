using System.Globalization;
using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>One instruction to be judged: its bytes, where they stand, and the mode and segments around them.</summary>
internal sealed class TestInstruction
{
    /// <summary>The case's name without the operand set: form and number, as SILICON_CASE takes it.</summary>
    public required string Name { get; init; }
    /// <summary>As decoded from its bytes; invalid where #UD (or #GP, for its length) is expected.</summary>
    public required Instruction Decoded { get; init; }
    /// <summary>Its bytes.</summary>
    public required byte[] Bytes { get; init; }
    /// <summary>Mode and segments.</summary>
    public required CodeSetting Setting { get; init; }
    /// <summary>Where it stands on the code pages.</summary>
    public required int Offset { get; init; }

    /// <summary>Its instruction pointer: an offset in its code segment.</summary>
    public ulong Rip => Layout.CodePage + (ulong)Offset - Setting.CodeBase;

    /// <summary>The instruction pointer behind it.</summary>
    public ulong Next => Rip + (ulong)Bytes.Length;

    /// <summary>It has to do with vector registers, which are loaded and compared.</summary>
    public bool HasVectors => _hasVectors ??= !Decoded.IsInvalid && UsesVectors(Decoded.Code);

    /// <summary>It saves or restores x87 and vector state in memory.</summary>
    public bool IsStateSave => FormCatalog.IsStateSave(Decoded.Mnemonic);

    private bool? _hasVectors;

    private static bool UsesVectors(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.MMX or CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3 or CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2
                or CpuidFeature.AES or CpuidFeature.PCLMULQDQ or CpuidFeature.SHA or CpuidFeature.AVX or CpuidFeature.AVX2 or CpuidFeature.FMA or CpuidFeature.F16C
                or CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEOPT or CpuidFeature.XSAVEC or CpuidFeature.XSAVES)
            {
                return true;
            }
        }
        return false;
    }

    public bool IsBranch => Decoded.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call or FlowControl.Return
        or FlowControl.IndirectBranch or FlowControl.IndirectCall;

    public override string ToString() =>
        $"{Name} {System.Convert.ToHexString(Bytes)} {Decoded} ({Decoded.Code}, {Setting.Bits}-bit, at {Rip:x}, "
        + $"ES CS SS DS FS GS {string.Join(' ', Setting.Selectors.Select(s => s.ToString("x", CultureInfo.InvariantCulture)))})";

    public static bool IsString(Code code) => !UsesVectors(code) && code.Mnemonic() is Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq or Mnemonic.Cmpsb or Mnemonic.Cmpsw
        or Mnemonic.Cmpsd or Mnemonic.Cmpsq or Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq or Mnemonic.Lodsb or Mnemonic.Lodsw
        or Mnemonic.Lodsd or Mnemonic.Lodsq or Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq;
}
