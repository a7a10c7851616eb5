using System.Text;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>Executes floating-point vector instructions on the host's processor and on the interpreter, and tells where results, MXCSR, flags or faults differ.</summary>
internal sealed unsafe class FloatVectorJudge(ulong seed) : IDisposable
{
    private const int JobsAtOnce = 16, CasesOfJob = Layout.MaxCases / JobsAtOnce, Operand = 64, OperandBytes = 32, MostDifferences = 3;
    private const ulong Compared = Rflags.Arithmetic;

    private readonly SiliconProcess _silicon = new();
    private readonly TestMachine _machine = VectorMachine.Create();
    private readonly List<string> _differences = [];

    public long Executions { get; private set; }
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Judges a form by <paramref name="batches"/> times 1,024 executions.</summary>
    public void Judge(FloatVectorForm form, int batches)
    {
        var random = Randomness.For(seed, (int)form.Code);
        int found = 0;
        for (int batch = 0; batch < batches && found < MostDifferences; batch++)
            found += JudgeBatch(ref random, form, MostDifferences - found);
    }

    public void Dispose()
    {
        _silicon.Dispose();
        _machine.Dispose();
    }

    private int JudgeBatch(ref Randomness random, FloatVectorForm form, int most)
    {
        var instructions = new Instruction[JobsAtOnce];
        var bytes = new byte[JobsAtOnce][];
        for (int job = 0; job < JobsAtOnce; job++)
        {
            (Instruction, byte[])? built = form.Build(ref random, random.OnceIn(3)) ?? form.Build(ref random, memory: true);
            built.ShouldNotBeNull($"{form} cannot be encoded");
            (instructions[job], bytes[job]) = built.Value;
            SetJob(job, bytes[job]);
            for (int n = 0; n < CasesOfJob; n++)
                Fill(ref random, form, _silicon.Cases + (job * CasesOfJob) + n);
        }
        (_silicon.Batch->JobCount, _silicon.Batch->CaseCount) = (JobsAtOnce, Layout.MaxCases);
        IReadOnlyList<int> fatal = _silicon.Execute();
        if (fatal.Count != 0)
        {
            _differences.Add($"{form}: the native runner does not survive {instructions[fatal[0] / CasesOfJob]}");
            return most;
        }
        int found = 0;
        for (int job = 0; job < JobsAtOnce; job++)
        {
            _machine.Write(TestMachine.CodeAddress, [.. bytes[job], .. Enumerable.Repeat((byte)0xCC, 16)]);
            for (int n = 0; n < CasesOfJob && found < most; n++)
            {
                Executions++;
                SiliconCase* one = _silicon.Cases + (job * CasesOfJob) + n;
                if (Compare(form, instructions[job], one) is not { } difference)
                    continue;
                _differences.Add(difference);
                found++;
            }
        }
        return found;
    }

    private void SetJob(int number, byte[] bytes)
    {
        _silicon.Jobs[number] = new SiliconJob
        {
            FirstCase = number * CasesOfJob,
            Count = CasesOfJob,
            Length = bytes.Length,
            Offset = Layout.InstructionOffset,
            CodeSelector = SegmentTable.UserCode64,
            HasVectors = 1,
        };
        bytes.CopyTo(new Span<byte>(_silicon.Jobs[number].Bytes, SiliconJob.MaxBytes));
    }

    private static void Fill(ref Randomness random, FloatVectorForm form, SiliconCase* one)
    {
        for (int r = 0; r < 16; r++)
            one->Before.Gpr[r] = random.Operand();
        one->Before.Gpr[0] = Layout.Window + Operand;
        one->Before.Gpr[4] = Layout.Window + Layout.WindowSize - 64;
        one->Before.Rflags = (random.Next() & Rflags.Arithmetic) | Rflags.Fixed1 | Rflags.If;
        one->VectorsBefore.Mxcsr = FloatVectorOperands.ChooseMxcsr(ref random);
        FloatVectorOperands.Fill(ref random, form, &one->VectorsBefore, new Span<byte>(one->MemoryBefore + Operand, OperandBytes));
    }

    private string? Compare(FloatVectorForm form, Instruction instruction, SiliconCase* one)
    {
        CpuState* state = _machine.State;
        for (int r = 0; r < 16; r++)
            state->Gpr[r] = one->Before.Gpr[r];
        state->Gpr[0] = TestMachine.DataAddress;
        state->Rflags = one->Before.Rflags;
        state->Rip = TestMachine.CodeAddress;
        state->Mxcsr = (uint)one->VectorsBefore.Mxcsr;
        state->FpControl = 0x37F;
        state->FpStatus = 0;
        for (int n = 0; n < 64; n++)
            state->Vector[n] = one->VectorsBefore.Ymm[n];
        for (int n = 0; n < 8; n++)
            (state->FpSignificand[n], state->FpSignExponent[n]) = (one->VectorsBefore.Mm[n], 0xFFFF);
        new Span<byte>(one->MemoryBefore + Operand, OperandBytes).CopyTo(new Span<byte>(_machine.Ram + TestMachine.DataAddress, OperandBytes));
        StopReason reason = _machine.Run(1);
        int fault = reason == StopReason.VmExit ? (byte)_machine.Cpu.Exit.InterruptionInformation : -1;
        (state->EntryInterruption, state->Interruptibility) = (0, 0);

        var text = new StringBuilder();
        int theirs = one->Signal == 0 ? -1 : (int)one->Vector;
        if (theirs != fault)
            text.Append($" silicon fault {theirs}, here {fault};");
        if ((uint)one->VectorsAfter.Mxcsr != state->Mxcsr)
            text.Append($" MXCSR silicon {one->VectorsAfter.Mxcsr:x4}, here {state->Mxcsr:x4};");
        if (fault < 0 && one->After.Gpr[1] != state->Gpr[1])
            text.Append($" RCX silicon {one->After.Gpr[1]:x}, here {state->Gpr[1]:x};");
        if (((one->After.Rflags ^ state->Rflags) & Compared) != 0)
            text.Append($" flags silicon {one->After.Rflags & Compared:x}, here {state->Rflags & Compared:x};");
        var left = new ReadOnlySpan<byte>(one->MemoryAfter + Operand, OperandBytes);
        var right = new ReadOnlySpan<byte>(_machine.Ram + TestMachine.DataAddress, OperandBytes);
        if (!left.SequenceEqual(right))
            text.Append($" memory silicon {System.Convert.ToHexString(left)}, here {System.Convert.ToHexString(right)};");
        for (int n = 0; n < 16; n++)
        {
            ReadOnlySpan<ulong> silicon = new(one->VectorsAfter.Ymm + (n * 4), 4), ours = new(state->Vector + (n * 4), 4);
            if (!silicon.SequenceEqual(ours) && !ApproximationJudge.AreNear(form.Mnemonic, silicon, ours))
                text.Append($" YMM{n} silicon {VectorText.Hex(silicon)}, here {VectorText.Hex(ours)};");
        }
        for (int n = 0; n < 8 && form.IsMmx; n++)
        {
            if (one->VectorsAfter.Mm[n] != state->FpSignificand[n])
                text.Append($" MM{n} silicon {one->VectorsAfter.Mm[n]:x}, here {state->FpSignificand[n]:x};");
        }
        return text.Length == 0 ? null : $"{instruction}:{text} before: {Describe(instruction, one)}";
    }

    private static string Describe(Instruction instruction, SiliconCase* one)
    {
        var text = new StringBuilder($"MXCSR {one->VectorsBefore.Mxcsr:x4} RCX {one->Before.Gpr[1]:x}");
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) == OpKind.Memory)
                text.Append($" memory {System.Convert.ToHexString(new ReadOnlySpan<byte>(one->MemoryBefore + Operand, OperandBytes))}");
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand) is var register && register.IsVectorRegister())
                text.Append($" {register} {VectorText.Hex(new ReadOnlySpan<ulong>(one->VectorsBefore.Ymm + (register.GetNumber() * 4), 4))}");
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand) is var mm && mm.IsMM())
                text.Append($" {mm} {one->VectorsBefore.Mm[mm.GetNumber()]:x}");
        }
        return text.ToString();
    }
}
