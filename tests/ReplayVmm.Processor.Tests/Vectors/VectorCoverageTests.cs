using Iced.Intel;

namespace ReplayVmm.Processor.Tests;

/// <summary>What the table must hold of floating point and vectors: what a model shows, it executes.</summary>
public unsafe class VectorCoverageTests
{
    private static readonly CpuidFeature[] Features =
    [
        CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387, CpuidFeature.MMX, CpuidFeature.FXSR, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3,
        CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA, CpuidFeature.F16C, CpuidFeature.AES,
        CpuidFeature.PCLMULQDQ, CpuidFeature.SHA, CpuidFeature.XSAVE, CpuidFeature.XSAVEC, CpuidFeature.XSAVEOPT, CpuidFeature.XSAVES,
    ];

    [Fact]
    public void Every_instruction_of_a_feature_that_a_model_shows_has_a_row()
    {
        var missing = Enum.GetValues<Code>()
            .Where(code => code.ToOpCode() is { IsInstruction: true, Fwait: false, Encoding: EncodingKind.Legacy or EncodingKind.VEX })
            .Where(code => code.CpuidFeatures().Length > 0 && code.CpuidFeatures().ToArray().All(f => Features.Contains(f)))
            .Where(code => InstructionTable.Find(code).Bind == null)
            .Select(code => code.ToString())
            .ToArray();
        missing.ShouldBeEmpty();
    }
}
