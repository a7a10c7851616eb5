using System.Globalization;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// The x87 unit and MMX against the processor that runs the tests: every encoding of their opcodes with random and edge operands under all control words. FLOAT_CASES (sets of
/// operands an encoding) scales it, SILICON_SEED chooses others, FLOAT_ONLY names one encoding by its bytes.
/// </summary>
public class FloatSiliconTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void Every_x87_and_MMX_instruction_does_what_the_hosts_processor_does(int bits)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux())
            Assert.Skip("the judge is an x86-64 processor under Linux");
        int cases = Setting("FLOAT_CASES", 512);
        ulong seed = (ulong)Setting("SILICON_SEED", 1);
        string? only = Environment.GetEnvironmentVariable("FLOAT_ONLY");
        using var judge = new FloatJudge(seed);
        foreach (FloatForm form in FloatForm.All(bits))
        {
            if (only is null || System.Convert.ToHexString(form.Bytes).StartsWith(only, StringComparison.OrdinalIgnoreCase))
                judge.Judge(form, cases);
        }
        output.WriteLine($"{bits}-bit: seed {seed}, {judge.Executions} executions");
        judge.Differences.ShouldBeEmpty($"seed {seed}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
