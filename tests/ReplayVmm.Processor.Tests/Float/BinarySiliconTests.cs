using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// <see cref="BinaryFloat{TFormat}"/> against the processor that runs the tests: each scalar instruction on operands of all classes, under every rounding, with DAZ and FTZ;
/// results and MXCSR bit for bit. FLOAT_CASES scales it, SILICON_SEED chooses other operands.
/// </summary>
public sealed unsafe class BinarySiliconTests(ITestOutputHelper output)
{
    private const int MxcsrBefore = 0, MxcsrDefault = 4, MxcsrAfter = 8, First = 16, Second = 32, Third = 48, Registers = 16;
    private const uint Control = 0xE040, Flags = 0x3F;
    private const ulong ComparedFlags = Rflags.Zf | Rflags.Pf | Rflags.Cf;

    /// <summary>LDMXCSR [RAX], MOVUPS XMM0 [RCX], XMM1 [RDX], XMM2 [RSI].</summary>
    private static readonly byte[] Prologue = [0x0F, 0xAE, 0x10, 0x0F, 0x10, 0x01, 0x0F, 0x10, 0x0A, 0x0F, 0x10, 0x16];

    /// <summary>STMXCSR [RBX], MOVUPS [RCX] XMM0, LDMXCSR [RDI].</summary>
    private static readonly byte[] Epilogue = [0x0F, 0xAE, 0x1B, 0x0F, 0x11, 0x01, 0x0F, 0xAE, 0x17];

    [Fact]
    public void Every_scalar_operation_has_the_bits_and_flags_of_the_hosts_processor()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux() || !Fma.IsSupported || !Avx2.IsSupported)
            Assert.Skip("the judge is an x86-64 processor with AVX2 and FMA under Linux");
        int batches = (Setting("FLOAT_CASES", 512) * 4 / Layout.MaxCases) + 1;
        ulong seed = (ulong)Setting("SILICON_SEED", 1);
        using var silicon = new FloatRunner();
        List<string> differences = [];
        long executions = 0;
        foreach (BinaryForm form in BinaryForm.All())
        {
            var random = new Randomness(seed + (ulong)executions);
            int before = differences.Count;
            for (int batch = 0; batch < batches && differences.Count < before + 4; batch++)
            {
                Execute(silicon, form, ref random);
                executions += Layout.MaxCases;
                for (int n = 0; n < Layout.MaxCases && differences.Count < before + 4; n++)
                    Compare(form, silicon.Cases + n, differences);
            }
        }
        output.WriteLine($"seed {seed}, {executions} executions");
        differences.ShouldBeEmpty();
    }

    private static void Execute(FloatRunner silicon, BinaryForm form, ref Randomness random)
    {
        byte[] bytes = [.. Prologue, .. form.Bytes, .. Epilogue];
        for (int n = 0; n < Layout.MaxCases; n++)
            Fill(silicon.Cases + n, form, ref random);
        silicon.Execute(FloatRunner.Sequence(form.Name, default, bytes, 64), Layout.MaxCases).ShouldBeTrue($"{form.Name}: the native runner does not survive it");
    }

    private static void Fill(SiliconCase* one, BinaryForm form, ref Randomness random)
    {
        for (int r = 0; r < Registers; r++)
            one->Before.Gpr[r] = 0;
        int[] offsets = [MxcsrBefore, First, Second, MxcsrAfter, 0, 0, Third, MxcsrDefault];
        for (int r = 0; r < offsets.Length; r++)
            one->Before.Gpr[r] = Layout.Window + (ulong)offsets[r];
        one->Before.Gpr[4] = Layout.Window + Layout.WindowSize - 64;
        one->Before.Gpr[8] = random.Operand();
        one->Before.Rflags = Rflags.Fixed1 | Rflags.If;
        byte* window = one->MemoryBefore;
        *(uint*)(window + MxcsrBefore) = Mxcsr.Initial | ((uint)random.Next() & Control) | (random.OnceIn(4) ? (uint)random.Next() & Flags : 0);
        *(uint*)(window + MxcsrDefault) = Mxcsr.Initial;
        ulong last = 0;
        foreach (int offset in (int[])[First, Second, Third])
        {
            last = FloatOperands.Binary(ref random, form.Exponent, form.Fraction, last);
            // The same in every element, so that packed instructions report nothing else.
            int bits = form.Exponent + form.Fraction + 1;
            for (int at = 0; at < 128; at += bits)
            {
                ulong* word = (ulong*)(window + offset) + (at / 64);
                *word = (at % 64 == 0 ? 0 : *word) | (last << (at % 64));
            }
        }
    }

    private static void Compare(BinaryForm form, SiliconCase* one, List<string> differences)
    {
        uint mxcsr = *(uint*)(one->MemoryBefore + MxcsrBefore), after = *(uint*)(one->MemoryAfter + MxcsrAfter);
        ulong mask = ulong.MaxValue >> (64 - form.Exponent - form.Fraction - 1);
        ulong a = *(ulong*)(one->MemoryBefore + First) & mask, b = *(ulong*)(one->MemoryBefore + Second) & mask, c = *(ulong*)(one->MemoryBefore + Third) & mask;
        BinaryResult ours = form.Evaluate(mxcsr, a, b, c, one->Before.Gpr[8]);
        ulong theirs = form.Output switch
        {
            BinaryOutput.Vector => *(ulong*)(one->MemoryAfter + First),
            BinaryOutput.General => one->After.Gpr[8],
            _ => one->After.Rflags & ComparedFlags,
        };
        ulong counts = ulong.MaxValue >> (64 - form.ResultBits);
        if (one->Signal != 0 || ((theirs ^ ours.Value) & counts) != 0 || after != (mxcsr | (uint)ours.Exceptions))
        {
            differences.Add($"{form.Name} mxcsr {mxcsr:x4} {a:x} {b:x} {c:x} r8 {one->Before.Gpr[8]:x}: silicon {theirs & counts:x} mxcsr {after:x4} signal {one->Signal}, "
                + $"here {ours.Value & counts:x} mxcsr {mxcsr | (uint)ours.Exceptions:x4}");
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
