using System.Text;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>What differs between the processor's results and ours.</summary>
internal static unsafe class Comparison
{
    private const ulong Compared = Rflags.Arithmetic | Rflags.Df | Rflags.Tf | Rflags.If | Rflags.Iopl | Rflags.Nt | Rflags.Ac | Rflags.Id;

    /// <summary>SILICON_STRICT: undefined flags are compared too, to learn what this processor does with them.</summary>
    private static readonly bool Strict = Environment.GetEnvironmentVariable("SILICON_STRICT") is not null;

    /// <summary>Null where they agree.</summary>
    public static string? Difference(TestInstruction test, SiliconCase* native, SiliconCase* ours, bool comparesBases)
    {
        var text = new StringBuilder();
        // A trap that INT3, INT1, INTO or POPF (which can set TF) ends with comes behind the instruction; so does the fault of the fetch that follows.
        bool stepped = native->Signal != 0 && native->Vector == Vector.Db && (native->After.Rflags & Rflags.Tf) != 0;
        bool trapped = test.IsBranch && native->Signal == Native.Sigtrap;
        bool landed = stepped || trapped || (native->Signal != 0 && native->Rip != test.Rip && !IsTrap(native));
        bool faulted = native->Signal != 0 && !landed;
        // Into its own bytes: the two run different instructions from there on.
        if (trapped && native->Rip - 1 - test.Rip is > 0 and < 16)
            return null;
        if (VendorDifferences.Concerns(test, native, faulted, ours))
            return null;
        if (ours->Signal < 0)
            text.Append($" ours exits with reason {-ours->Signal};");
        if (faulted != (ours->Signal != 0))
            text.Append($" native {Outcome(native, faulted)}, ours {Outcome(ours, ours->Signal != 0)};");
        else if (faulted && FormCatalog.HasManyChecks(test.Decoded.Code))
            return null;
        else if (faulted)
            CompareFaults(text, test, native, ours);
        else if ((stepped ? test.Next : trapped ? native->Rip - 1 : landed ? native->Rip : test.Next) is var rip && rip != ours->Rip)
            text.Append($" RIP native {rip:x}, ours {ours->Rip:x};");
        CompareResults(text, test, native, ours, faulted);
        if (test.HasVectors)
            VectorComparison.Compare(text, test, native, ours);
        if (test.Setting.HasSegments)
            CompareSegments(text, test, native, ours, checksCode: native->Signal != 0 && !stepped, comparesBases);
        ulong flags = faulted || Strict ? Compared : Compared & ~DefinedFlags.Undefined(test.Decoded, native);
        if (!test.Setting.HasSegments)
            flags &= ~(Rflags.Nt | Rflags.Id | Rflags.Iopl | Rflags.If);
        if (((native->After.Rflags ^ ours->After.Rflags) & flags) != 0)
            text.Append($" flags native {Names(native->After.Rflags)}, ours {Names(ours->After.Rflags)} (of {Names(flags)});");
        return text.Length == 0 ? null : $"{test}:{text} before: {Describe(native)}";
    }

    private static bool IsTrap(SiliconCase* native) => native->Vector is Vector.Bp or Vector.Of or Vector.Db;

    private static void CompareFaults(StringBuilder text, TestInstruction test, SiliconCase* native, SiliconCase* ours)
    {
        // The exit of a trap stands before its instruction.
        ulong rip = IsTrap(native) ? test.Next : test.Rip;
        // Which of #AC and #PF comes first is the processor's choice (SDM table 6-2); ours is AMD's.
        if (!HostProcessor.IsAmd && (native->Vector, ours->Vector) is (Vector.Ac, Vector.Pf) or (Vector.Pf, Vector.Ac))
            return;
        if (test.IsStateSave && StateSaves.IsSameFault(native, ours))
            return;
        bool same = native->Vector == ours->Vector && native->Rip == rip && ours->Rip == test.Rip
            && (native->Vector is not (>= Vector.Ts and <= Vector.Pf) || ErrorCode(native) == ErrorCode(ours))
            && (native->Vector != Vector.Pf || native->FaultAddress == ours->FaultAddress);
        if (!same)
            text.Append($" native {Outcome(native, true)}, ours {Outcome(ours, true)};");
    }

    private static void CompareResults(StringBuilder text, TestInstruction test, SiliconCase* native, SiliconCase* ours, bool faulted)
    {
        if (DefinedFlags.ResultUndefined(test.Decoded, native, faulted))
            return;
        // The upper halves are lost with 64-bit mode (SDM volume 1, 3.4.1.1).
        bool wide = test.Setting.Bits == 64 && ours->After.Selectors[(int)SegmentIndex.Cs] == SegmentTable.UserCode64;
        for (int r = 0; r < (wide ? 16 : 8); r++)
        {
            (ulong theirs, ulong own) = (native->After.Gpr[r], ours->After.Gpr[r]);
            if (!wide)
                (theirs, own) = ((uint)theirs, (uint)own);
            if (theirs != own)
                text.Append($" {Iced.Intel.Register.RAX + r} native {theirs:x}, ours {ours->After.Gpr[r]:x};");
        }
        var left = new ReadOnlySpan<byte>(native->MemoryAfter, Layout.WindowSize);
        var right = new ReadOnlySpan<byte>(ours->MemoryAfter, Layout.WindowSize);
        int same = left.CommonPrefixLength(right);
        if (test.IsStateSave && same < Layout.WindowSize && StateSaves.IsMxcsrMask(left, right, same))
            same += 1 + left[(same + 1)..].CommonPrefixLength(right[(same + 1)..]);
        if (same < Layout.WindowSize)
        {
            text.Append($" memory at {Layout.Window + (ulong)same:x} native {System.Convert.ToHexString(left[same..Math.Min(same + 16, Layout.WindowSize)])}, ")
                .Append($"ours {System.Convert.ToHexString(right[same..Math.Min(same + 16, Layout.WindowSize)])};");
        }
    }

    private static void CompareSegments(StringBuilder text, TestInstruction test, SiliconCase* native, SiliconCase* ours, bool checksCode, bool comparesBases)
    {
        for (int segment = 0; segment < 6; segment++)
        {
            // CS is only seen where an exception reports it.
            if (segment == (int)SegmentIndex.Cs && !checksCode)
                continue;
            (ushort theirs, ushort own) = (native->After.Selectors[segment], ours->After.Selectors[segment]);
            // The system's way back from an exception, or from an interrupt of its own, makes every null selector 0.
            if (theirs == 0 && own < 4)
                continue;
            if (theirs != own)
                text.Append($" {(SegmentIndex)segment} native {theirs:x}, ours {own:x};");
        }
        if (test.Setting.Bits != 64 || !comparesBases)
            return;
        if (native->After.FsBase != ours->After.FsBase || native->After.GsBase != ours->After.GsBase)
            text.Append($" FS and GS bases native {native->After.FsBase:x} {native->After.GsBase:x}, ours {ours->After.FsBase:x} {ours->After.GsBase:x};");
    }

    /// <summary>Linux tells processes that kernel addresses are present, whatever the processor said.</summary>
    private static ulong ErrorCode(SiliconCase* one) =>
        one->Vector == Vector.Pf && one->FaultAddress >= 0x7FFF_FFFF_F000 ? one->ErrorCode & ~1ul : one->ErrorCode;

    private static string Outcome(SiliconCase* one, bool faulted) =>
        faulted ? $"exception {one->Vector} error {one->ErrorCode:x} address {one->FaultAddress:x} at {one->Rip:x}" : "completes";

    private static string Describe(SiliconCase* one)
    {
        var text = new StringBuilder();
        for (int r = 0; r < 16; r++)
            text.Append($"{Iced.Intel.Register.RAX + r}={one->Before.Gpr[r]:x} ");
        return text.Append(Names(one->Before.Rflags)).ToString();
    }

    private static string Names(ulong flags)
    {
        var text = new StringBuilder("[");
        foreach ((ulong bit, string name) in ((ulong, string)[])[(Rflags.Cf, "C"), (Rflags.Pf, "P"), (Rflags.Af, "A"), (Rflags.Zf, "Z"), (Rflags.Sf, "S"),
            (Rflags.Of, "O"), (Rflags.Df, "D"), (Rflags.Tf, "T"), (Rflags.If, "I"), (Rflags.Iopl, "L"), (Rflags.Nt, "N"), (Rflags.Ac, "c"), (Rflags.Id, "d")])
        {
            if ((flags & bit) != 0)
                text.Append(name);
        }
        return text.Append(']').ToString();
    }
}
