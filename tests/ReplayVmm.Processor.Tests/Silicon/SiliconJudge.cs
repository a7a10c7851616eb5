using System.Text;
using Iced.Intel;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>Executes instructions on the host's processor and on the interpreter and tells where they differ.</summary>
internal sealed unsafe class SiliconJudge(ulong seed) : IDisposable
{
    private readonly SiliconProcess _silicon = new();
    private readonly InterpreterSeat _interpreter = new();
    private readonly List<string> _differences = [];
    private readonly HashSet<string> _missing = [];

    public long Executions { get; private set; }
    public IReadOnlyList<string> Differences => _differences;
    /// <summary>Encodings that the host's processor does not have, or that could not be built.</summary>
    public IReadOnlyCollection<string> Missing => _missing;
    public bool CompatibilityMissing { get; private set; }

    /// <summary>Judges <paramref name="instructions"/> random instructions of an encoding with <paramref name="operands"/> sets of operands each.</summary>
    public void Judge(Code code, int bits, int instructions, int operands)
    {
        var random = new Randomness(seed ^ ((ulong)code << 32) ^ (ulong)bits);
        int found = 0, built = 0;
        for (int attempt = 0; built < instructions && attempt < instructions * 40; attempt++)
        {
            if (TestInstruction.TryBuild(ref random, code, bits) is not { } test)
                continue;
            built++;
            found += Judge(ref random, test, operands);
            if (found > 3)
                break;
        }
        if (built == 0)
            _missing.Add($"{code} ({bits}-bit): not encodable");
    }

    private int Judge(ref Randomness random, TestInstruction test, int operands)
    {
        SiliconJob* job = _silicon.Job;
        job->Length = test.Bytes.Length;
        job->Count = operands;
        job->Compatibility = test.Bits == 32 ? 1 : 0;
        job->IsBranch = test.IsBranch ? 1 : 0;
        test.Bytes.CopyTo(new Span<byte>(job->Bytes, 16));
        for (int n = 0; n < operands; n++)
            OperandGenerator.Fill(ref random, test, _silicon.Cases + n);
        if (!_silicon.Execute())
        {
            _differences.Add($"{test}: the native runner died at operand set {job->Done}");
            return 4;
        }
        _interpreter.Load(test);
        SiliconCase result;
        int found = 0;
        for (int n = 0; n < operands; n++)
        {
            SiliconCase* one = _silicon.Cases + n;
            Executions++;
            _interpreter.Run(ref random, one, &result);
            if (Compare(test, one, &result) is { } difference)
            {
                _differences.Add(difference);
                if (++found > 2)
                    break;
            }
        }
        return found;
    }

    public void Dispose()
    {
        _silicon.Dispose();
        _interpreter.Dispose();
    }

    /// <summary>SILICON_STRICT: undefined flags are compared too, to learn what this processor does with them.</summary>
    private static readonly bool Strict = Environment.GetEnvironmentVariable("SILICON_STRICT") is not null;

    private static string? Compare(TestInstruction test, SiliconCase* native, SiliconCase* ours)
    {
        Instruction instruction = test.Decoded;
        var text = new StringBuilder();
        bool trapped = test.IsBranch && native->Signal == Native.Sigtrap;
        // What a branch went to may not be executable, or not be there: then the fault is that of the next fetch.
        bool landed = trapped || (test.IsBranch && native->Signal != 0 && native->Rip != Layout.Instruction);
        bool faulted = native->Signal != 0 && !landed;
        if (faulted != (ours->Signal != 0))
        {
            text.Append($" native {Outcome(native, faulted)}, ours {Outcome(ours, ours->Signal != 0)};");
        }
        else if (faulted)
        {
            if (native->Vector != ours->Vector || (native->Vector is 13 or 14 && ErrorCode(native) != ours->ErrorCode)
                || (native->Vector == 14 && native->FaultAddress != ours->FaultAddress) || native->Rip != ours->Rip)
            {
                text.Append($" native {Outcome(native, true)}, ours {Outcome(ours, true)};");
            }
        }
        else
        {
            ulong rip = trapped ? native->Rip - 1 : landed ? native->Rip : Layout.Instruction + (ulong)test.Bytes.Length;
            if (rip != ours->Rip)
                text.Append($" RIP native {rip:x}, ours {ours->Rip:x};");
        }
        bool undefined = DefinedFlags.ResultUndefined(instruction, native);
        if (!undefined)
            CompareResults(text, test, native, ours);
        ulong flags = faulted || Strict ? Rflags.Arithmetic | Rflags.Df : DefinedFlags.After(instruction, native);
        if (((native->After.Rflags ^ ours->After.Rflags) & flags) != 0)
            text.Append($" flags native {Names(native->After.Rflags)}, ours {Names(ours->After.Rflags)} (of {Names(flags)});");
        return text.Length == 0 ? null : $"{test}:{text} before: {Describe(native)}";
    }

    private static void CompareResults(StringBuilder text, TestInstruction test, SiliconCase* native, SiliconCase* ours)
    {
        for (int r = 0; r < (test.Bits == 64 ? 16 : 8); r++)
        {
            ulong theirs = test.Bits == 64 ? native->After.Gpr[r] : (uint)native->After.Gpr[r];
            if (theirs != ours->After.Gpr[r])
                text.Append($" {Register.RAX + r} native {theirs:x}, ours {ours->After.Gpr[r]:x};");
        }
        var left = new ReadOnlySpan<byte>(native->MemoryAfter, Layout.WindowSize);
        var right = new ReadOnlySpan<byte>(ours->MemoryAfter, Layout.WindowSize);
        int same = left.CommonPrefixLength(right);
        if (same < Layout.WindowSize)
        {
            text.Append($" memory at {Layout.Window + (ulong)same:x} native {System.Convert.ToHexString(left[same..Math.Min(same + 16, Layout.WindowSize)])}, ")
                .Append($"ours {System.Convert.ToHexString(right[same..Math.Min(same + 16, Layout.WindowSize)])};");
        }
    }

    /// <summary>Linux tells processes that kernel addresses are present, whatever the processor said.</summary>
    private static ulong ErrorCode(SiliconCase* native) =>
        native->Vector == 14 && native->FaultAddress >= 0x7FFF_FFFF_F000 ? native->ErrorCode & ~1ul : native->ErrorCode;

    private static string Outcome(SiliconCase* one, bool faulted) =>
        faulted ? $"exception {one->Vector} error {one->ErrorCode:x} address {one->FaultAddress:x} at {one->Rip:x}" : "completes";

    private static string Describe(SiliconCase* one)
    {
        var text = new StringBuilder();
        for (int r = 0; r < 16; r++)
            text.Append($"{Register.RAX + r}={one->Before.Gpr[r]:x} ");
        return text.Append(Names(one->Before.Rflags)).ToString();
    }

    private static string Names(ulong flags)
    {
        var text = new StringBuilder("[");
        foreach ((ulong bit, string name) in ((ulong, string)[])[(Rflags.Cf, "C"), (Rflags.Pf, "P"), (Rflags.Af, "A"), (Rflags.Zf, "Z"), (Rflags.Sf, "S"), (Rflags.Of, "O"), (Rflags.Df, "D")])
        {
            if ((flags & bit) != 0)
                text.Append(name);
        }
        return text.Append(']').ToString();
    }
}
