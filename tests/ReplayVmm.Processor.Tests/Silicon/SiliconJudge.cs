using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Executes instructions on the host's processor and on the interpreter and tells where they differ. Instructions are gathered to batches.</summary>
internal sealed unsafe class SiliconJudge(ulong seed, SiliconProcess silicon) : IDisposable
{
    private const int Attempts = 40, InvalidOperands = 2;

    private readonly InterpreterSeat _interpreter = new();
    private readonly List<TestInstruction> _batch = [];
    private readonly List<string> _differences = [];
    private int _cases;

    /// <summary>Cases that both sides have executed.</summary>
    public long Executions { get; private set; }

    /// <summary>Cases that were handed in.</summary>
    public long Planned { get; private set; }

    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Only this operand set is compared, where it is not negative: to look at a single case.</summary>
    public int OnlyOperands { get; init; } = -1;

    /// <summary>
    /// Judges instruction <paramref name="number"/> of <paramref name="form"/> with <paramref name="operands"/> sets of operands. False: it could not be encoded.
    /// </summary>
    public bool Judge(Form form, int number, int operands)
    {
        TestInstruction? test = null;
        for (int attempt = 0; test is null && attempt < Attempts; attempt++)
        {
            var random = Randomness.For(seed, form.Bits, (int)form.Code, number, attempt);
            test = InstructionBuilder.TryBuild(ref random, form, number, silicon);
        }
        if (test is null)
            return false;
        // An invalid instruction does the same whatever its operands; a fault costs as much as twenty results.
        if (test.Decoded.IsInvalid)
            operands = Math.Min(operands, InvalidOperands);
        if (_batch.Count == Layout.MaxJobs || _cases + operands > Layout.MaxCases)
            Finish();
        SiliconJob* job = silicon.Jobs + _batch.Count;
        *job = new SiliconJob
        {
            FirstCase = _cases,
            Count = operands,
            Length = test.Bytes.Length,
            Offset = test.Offset,
            CodeSelector = test.Setting.Selectors[(int)SegmentIndex.Cs],
            IsBranch = test.IsBranch ? 1 : 0,
            HasSegments = test.Setting.HasSegments ? 1 : 0,
        };
        test.Bytes.CopyTo(new Span<byte>(job->Bytes, 24));
        for (int n = 0; n < operands; n++)
        {
            var random = Randomness.For(seed, form.Bits, (int)form.Code, number, -1, n);
            OperandGenerator.Fill(ref random, test, silicon.Cases + _cases + n);
        }
        _batch.Add(test);
        _cases += operands;
        Planned += operands;
        return true;
    }

    /// <summary>Executes what was gathered.</summary>
    public void Finish()
    {
        silicon.Batch->JobCount = _batch.Count;
        silicon.Batch->CaseCount = _cases;
        IReadOnlyList<int> fatal = _cases == 0 ? [] : silicon.Execute();
        for (int n = 0; n < _batch.Count; n++)
            Compare(_batch[n], silicon.Jobs[n].FirstCase, silicon.Jobs[n].Count, fatal);
        _batch.Clear();
        _cases = 0;
    }

    public void Dispose() => _interpreter.Dispose();

    private void Compare(TestInstruction test, int first, int count, IReadOnlyList<int> fatal)
    {
        _interpreter.Load(test);
        SiliconCase ours;
        int found = 0;
        for (int n = 0; n < count; n++)
        {
            if (fatal.Contains(first + n))
            {
                _differences.Add($"{test}/{n}: the native runner does not survive it");
                continue;
            }
            Executions++;
            var random = Randomness.For(seed, first + n);
            SiliconCase* native = silicon.Cases + first + n;
            _interpreter.Run(ref random, test, native, &ours);
            if (found > 2 || (OnlyOperands >= 0 && n != OnlyOperands) || Comparison.Difference(test, native, &ours, silicon.HasAccessibleBases) is not { } difference)
                continue;
            _differences.Add($"SILICON_CASE={test.Name}/{n} {difference}");
            found++;
        }
        _interpreter.Unload(test);
    }
}
