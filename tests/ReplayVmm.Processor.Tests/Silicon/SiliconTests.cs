using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests;

/// <summary>
/// The interpreter against the processor that runs the tests: every encoding of the table with random and edge operands. SILICON_INSTRUCTIONS (random instructions an
/// encoding) and SILICON_OPERANDS (operand sets an instruction) scale it; SILICON_SEED chooses other operands; SILICON_ONLY names one mnemonic.
/// </summary>
public class SiliconTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void Every_instruction_does_what_the_hosts_processor_does(int bits)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux())
            Assert.Skip("the judge is an x86-64 processor under Linux");
        int instructions = Setting("SILICON_INSTRUCTIONS", 16), operands = Setting("SILICON_OPERANDS", 32);
        ulong seed = (ulong)Setting("SILICON_SEED", 1);
        string? only = Environment.GetEnvironmentVariable("SILICON_ONLY");
        using var judge = new SiliconJudge(seed);
        IReadOnlyList<Code> codes = FormCatalog.For(bits);
        long start = Stopwatch.GetTimestamp();
        foreach (Code code in codes)
        {
            if (only is null || code.Mnemonic().ToString() == only)
                judge.Judge(code, bits, instructions, operands);
        }
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        int mnemonics = codes.Select(c => c.Mnemonic()).Distinct().Count();
        output.WriteLine($"{bits}-bit: seed {seed}, {mnemonics} mnemonics, {codes.Count} encodings, {judge.Executions} executions, {judge.Executions / taken.TotalSeconds:n0} a second");
        foreach (string missing in judge.Missing)
            output.WriteLine(missing);
        judge.Differences.ShouldBeEmpty($"seed {seed}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
