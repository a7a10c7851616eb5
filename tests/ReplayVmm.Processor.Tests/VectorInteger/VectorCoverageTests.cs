using Iced.Intel;

namespace ReplayVmm.Processor.Tests;

/// <summary>What the table must hold of integer vector instructions.</summary>
public unsafe class VectorCoverageTests
{
    private static readonly CpuidFeature[] Features =
    [
        CpuidFeature.MMX, CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2, CpuidFeature.AVX, CpuidFeature.AVX2,
        CpuidFeature.AES, CpuidFeature.PCLMULQDQ, CpuidFeature.SHA,
    ];

    /// <summary>Not vectors, or permutations of floating-point elements.</summary>
    private static readonly string[] Elsewhere = ["Vpermil", "Prefetch", "Popcnt"];

    [Fact]
    public void Every_integer_vector_instruction_has_a_row()
    {
        var missing = Enum.GetValues<Code>()
            .Where(code => code.ToOpCode() is { IsInstruction: true, Encoding: EncodingKind.Legacy or EncodingKind.VEX })
            .Where(code => code.CpuidFeatures().Length > 0 && code.CpuidFeatures().ToArray().All(f => Features.Contains(f)) && IsInteger(code.Mnemonic().ToString()))
            .Where(code => InstructionTable.Find(code).Bind == null)
            .Select(code => code.ToString())
            .ToArray();
        missing.ShouldBeEmpty();
    }

    private static bool IsInteger(string name) =>
        (StartsWithOne(name, ["P", "Vp", "Sha", "Aes", "Vaes"]) || name.EndsWith("i128", StringComparison.Ordinal)) && !StartsWithOne(name, Elsewhere);

    private static bool StartsWithOne(string name, string[] starts) => starts.Any(start => name.StartsWith(start, StringComparison.Ordinal));
}
