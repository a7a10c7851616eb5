using System.Globalization;
using System.Runtime.Intrinsics.X86;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>
/// The interpreter's floating-point vector instructions against the processor that runs the tests: every encoding, operands of all classes, every MXCSR, unmasked exceptions
/// included. FLOAT_CASES scales it, SILICON_SEED chooses other operands, SILICON_ONLY names encodings or mnemonics.
/// </summary>
public sealed class FloatVectorSiliconTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_vector_instruction_has_the_bits_and_flags_of_the_hosts_processor()
    {
        if (!HostProcessor.CanJudge || !Fma.IsSupported || !Avx2.IsSupported)
            Assert.Skip("the judge is an x86-64 processor with AVX2 and FMA under Linux");
        ulong seed = (ulong)Setting("SILICON_SEED", 1);
        int batches = (int)Math.Max(1, Setting("FLOAT_CASES", 512) / 512);
        string[]? only = Environment.GetEnvironmentVariable("SILICON_ONLY")?.Split(',');
        using var judge = new FloatVectorJudge(seed);
        int forms = 0;
        foreach (FloatVectorForm form in FloatVectorForm.All())
        {
            if (only is not null && !only.Contains(form.ToString()) && !only.Contains(form.Mnemonic.ToString()))
                continue;
            forms++;
            judge.Judge(form, batches);
        }
        output.WriteLine($"seed {seed}, {forms} encodings, {judge.Executions:n0} executions, {judge.Differences.Count} differences");
        foreach (string difference in judge.Differences)
            output.WriteLine(difference);
        judge.Differences.Count.ShouldBe(0);
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;
}
