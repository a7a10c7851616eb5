using Iced.Intel;

namespace ReplayVmm.Processor.Tests.Integer;

/// <summary>What the table must hold, and what its rows must bind.</summary>
public unsafe class CoverageTests
{
    private static readonly CpuidFeature[] Integer =
    [
        CpuidFeature.INTEL8086, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386, CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.CMOV,
        CpuidFeature.CX8, CpuidFeature.CMPXCHG16B, CpuidFeature.MOVBE, CpuidFeature.POPCNT, CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.ADX, CpuidFeature.LZCNT,
    ];

    /// <summary>Encodings of processors long gone.</summary>
    private static readonly Mnemonic[] Gone = [Mnemonic.Loadall, Mnemonic.Storeall, Mnemonic.Ibts, Mnemonic.Xbts, Mnemonic.Umov, Mnemonic.Rsm];

    [Fact]
    public void Every_integer_instruction_of_x86_64_v2_and_its_extensions_has_a_row()
    {
        var missing = Enum.GetValues<Code>()
            .Where(code => code.ToOpCode() is { IsInstruction: true } && code.CpuidFeatures().Length > 0 && code.CpuidFeatures().All(f => Integer.Contains(f)))
            .Where(code => InstructionTable.Find(code).Bind == null && !Gone.Contains(code.Mnemonic()))
            .Select(code => code.ToString())
            .ToArray();
        missing.ShouldBeEmpty();
    }
}
