using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>The judge's child with one sequence of instructions at a time, in the flat segments that Linux gives a process.</summary>
internal sealed unsafe class FloatRunner : IDisposable
{
    private readonly SiliconProcess _silicon = new();

    /// <summary>Cases to fill, and their results.</summary>
    public SiliconCase* Cases => _silicon.Cases;

    /// <summary>The sequence as the judge's parts take it; <paramref name="decoded"/> is the instruction that matters.</summary>
    public static TestInstruction Sequence(string name, Instruction decoded, byte[] bytes, int bits)
    {
        ushort flat = SegmentTable.UserData;
        CodeSetting setting = bits == 64
            ? new CodeSetting { Selectors = [0, SegmentTable.UserCode64, flat, 0, 0, 0] }
            : new CodeSetting { Selectors = [flat, SegmentTable.UserCode32, flat, flat, 0, 0], HasSegments = true, GsBase = 0 };
        return new TestInstruction { Name = name, Decoded = decoded, Bytes = bytes, Setting = setting, Offset = Layout.InstructionOffset };
    }

    /// <summary>Executes <paramref name="cases"/> cases; false where the child does not survive one.</summary>
    public bool Execute(TestInstruction sequence, int cases)
    {
        for (int n = 0; n < cases; n++)
        {
            for (int segment = 0; segment < 6; segment++)
                Cases[n].Before.Selectors[segment] = sequence.Setting.Selectors[segment];
            (Cases[n].Before.FsBase, Cases[n].Before.GsBase) = (sequence.Setting.FsBase, sequence.Setting.GsBase);
        }
        (_silicon.Batch->JobCount, _silicon.Batch->CaseCount) = (1, cases);
        *_silicon.Jobs = new SiliconJob
        {
            Count = cases,
            Length = sequence.Bytes.Length,
            Offset = sequence.Offset,
            CodeSelector = sequence.Setting.Selectors[(int)SegmentIndex.Cs],
            HasSegments = sequence.Setting.HasSegments ? 1 : 0,
        };
        sequence.Bytes.CopyTo(new Span<byte>(_silicon.Jobs->Bytes, SiliconJob.MaxBytes));
        return _silicon.Execute().Count == 0;
    }

    public void Dispose() => _silicon.Dispose();
}
