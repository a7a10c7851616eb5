using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests;

/// <summary>The judge judged: it survives its child, and it sees a single wrong bit.</summary>
public unsafe class JudgeTests
{
    private const int Instructions = 40, Operands = 24, Middle = 500;

    [Theory]
    [InlineData(Native.Sigkill)]
    [InlineData(Native.Sigsegv)]
    [InlineData(Native.Sigfpe)]
    public void A_child_that_dies_in_mid_run_is_replaced_and_no_execution_is_lost(int signal)
    {
        SkipWithoutHost();
        using var silicon = new SiliconProcess();
        using var judge = new SiliconJudge(1, silicon);
        Gather(judge, silicon, Code.Adc_rm64_r64);
        (silicon.Batch->DieBefore, silicon.Batch->DeathSignal) = (Middle, signal);
        judge.Finish();
        (silicon.Deaths, judge.Executions).ShouldBe((1, judge.Planned));
        judge.Executions.ShouldBeGreaterThan(Middle);
        judge.Differences.ShouldBeEmpty();

        silicon.Kill();
        Gather(judge, silicon, Code.Xor_r32_rm32);
        judge.Finish();
        (silicon.Deaths, judge.Executions).ShouldBe((2, judge.Planned));
        judge.Differences.ShouldBeEmpty();
    }

    [Fact]
    public void Flags_that_a_case_sets_do_not_outlive_it()
    {
        SkipWithoutHost();
        using var silicon = new SiliconProcess();
        using var judge = new SiliconJudge(1, silicon);
        Gather(judge, silicon, Code.Popfq);
        judge.Finish();
        ulong seen = 0;
        for (int n = 0; n < (int)judge.Executions; n++)
            seen |= silicon.Cases[n].After.Rflags;
        const ulong all = Rflags.Df | Rflags.Ac | Rflags.Tf | Rflags.Nt | Rflags.Id;
        (seen & all).ShouldBe(all);
        Gather(judge, silicon, Code.Movsb_m8_m8);
        judge.Finish();
        (silicon.Deaths, judge.Executions).ShouldBe((0, judge.Planned));
        judge.Differences.ShouldBeEmpty();
    }

    [Fact]
    public void A_single_wrong_bit_is_a_difference()
    {
        SkipWithoutHost();
        using var silicon = new SiliconProcess();
        Form form = new FormCatalog(64, silicon).Forms.Single(f => f.Code == Code.Add_r64_rm64);
        var random = new Randomness(1);
        TestInstruction test;
        while ((test = InstructionBuilder.TryBuild(ref random, form, 0, silicon)!) is null || test.Decoded.IsInvalid || test.Setting.HasSegments
            || test.Decoded.Op1Kind != OpKind.Register)
        {
        }
        var native = new SiliconCase { After = new SiliconRegisters { Rflags = Rflags.Fixed1 | Rflags.If } };
        SiliconCase ours = native;
        ours.Rip = test.Next;
        ours.After.Selectors[(int)SegmentIndex.Cs] = SegmentTable.UserCode64;
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldBeNull();
        foreach (int offset in (ReadOnlySpan<int>)[0, 31, 127, 128])
        {
            ((byte*)&ours.After)[offset] ^= 1;
            Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull($"byte {offset} of the registers");
            ((byte*)&ours.After)[offset] ^= 1;
        }
        ours.MemoryAfter[511] ^= 0x80;
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull("memory");
        ours.MemoryAfter[511] ^= 0x80;
        ours.Rip++;
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull("RIP");
        ours.Rip--;
        ours.Signal = 1;
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull("a fault");
        (native.Signal, native.Vector, native.ErrorCode, native.Rip) = (Native.Sigsegv, Vector.Pf, 6, test.Rip);
        (ours.Vector, ours.ErrorCode, ours.Rip) = (Vector.Pf, 6, test.Rip);
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldBeNull();
        ours.ErrorCode = 4;
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull("the error code");
        (ours.ErrorCode, ours.FaultAddress) = (6, 8);
        Comparison.Difference(test, &native, &ours, comparesBases: false).ShouldNotBeNull("the fault's address");
    }

    private static void Gather(SiliconJudge judge, SiliconProcess silicon, Code code)
    {
        Form form = new FormCatalog(64, silicon).Forms.Single(f => f.Code == code);
        for (int n = 0; n < Instructions; n++)
            judge.Judge(form, n, Operands).ShouldBeTrue();
    }

    private static void SkipWithoutHost()
    {
        if (!HostProcessor.CanJudge)
            Assert.Skip("the judge is an x86-64 processor under Linux");
    }
}
