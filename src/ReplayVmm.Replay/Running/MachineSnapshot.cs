using ReplayVmm.Processor;

namespace ReplayVmm.Replay;

/// <summary>A register and its value.</summary>
/// <param name="Name">As the manuals name it, lower case.</param>
/// <param name="Value">Its value.</param>
public readonly record struct RegisterValue(string Name, ulong Value);

/// <summary>What a stopped processor holds, for people and programs.</summary>
/// <param name="Registers">General registers, RIP, RFLAGS, control registers, segments, tables, MSRs.</param>
/// <param name="At">Where it stands.</param>
public sealed record MachineSnapshot(IReadOnlyList<RegisterValue> Registers, InstructionView At)
{
    private static readonly string[] General =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    private static readonly string[] Segments = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"];

    /// <summary>Takes a snapshot of <paramref name="processor"/>, which is not running.</summary>
    // SAFETY: the state has a stable address while the processor lives; the fixed buffers are indexed within their lengths.
    public static unsafe MachineSnapshot Take(IVirtualProcessor processor, IPhysicalMemory memory)
    {
        ArgumentNullException.ThrowIfNull(processor);
        CpuState* s = processor.State;
        var list = new List<RegisterValue>();
        for (int i = 0; i < General.Length; i++)
            list.Add(new RegisterValue(General[i], s->Gpr[i]));
        list.AddRange(
        [
            new("rip", s->Rip), new("rflags", s->Rflags), new("cr0", s->Cr0), new("cr2", s->Cr2), new("cr3", s->Cr3), new("cr4", s->Cr4),
            new("cr8", s->Cr8), new("xcr0", s->Xcr0), new("dr0", s->Dr[0]), new("dr1", s->Dr[1]), new("dr2", s->Dr[2]), new("dr3", s->Dr[3]),
            new("dr6", s->Dr6), new("dr7", s->Dr7),
        ]);
        for (int i = 0; i < Segments.Length; i++)
        {
            list.Add(new RegisterValue(Segments[i], s->SegmentSelector[i]));
            list.Add(new RegisterValue(Segments[i] + ".base", s->SegmentBase[i]));
            list.Add(new RegisterValue(Segments[i] + ".limit", s->SegmentLimit[i]));
            list.Add(new RegisterValue(Segments[i] + ".attributes", s->SegmentAttributes[i]));
        }

        list.AddRange(
        [
            new("gdtr.base", s->GdtBase), new("gdtr.limit", s->GdtLimit), new("idtr.base", s->IdtBase), new("idtr.limit", s->IdtLimit),
            new("activity", s->Activity), new("interruptibility", s->Interruptibility), new("pendingEvent", s->EntryInterruption),
            new("efer", s->Efer), new("star", s->Star), new("lstar", s->Lstar), new("cstar", s->Cstar), new("fmask", s->Fmask),
            new("kernelGsBase", s->KernelGsBase), new("sysenterCs", s->SysenterCs), new("sysenterEsp", s->SysenterEsp),
            new("sysenterEip", s->SysenterEip), new("tscAux", s->TscAux), new("pat", s->Pat), new("debugControl", s->DebugControl),
            new("tscOffset", s->TscOffset), new("retired", s->Retired),
        ]);
        return new MachineSnapshot(list, GuestView.Instruction(processor, memory, rip: null));
    }
}
