using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// A tiny platform: one interpreter on <see cref="GuestMemory"/> under <see cref="GuestMonitor"/>. A case sets state, memory and code, runs for
/// a while and keeps the promises in <see cref="StateRules"/>.
/// </summary>
// SAFETY: the processor lives until Dispose.
internal sealed unsafe class GuestRig : IDisposable
{
    private const int MostStops = 256;

    private readonly GuestMemory memory;
    private readonly GuestMonitor monitor;
    private readonly Interpreter cpu;
    private readonly CpuModel model;
    private readonly CodeMaker maker = new();
    private readonly Dice dice = new();
    private readonly int slice;
    private ulong now, digest;

    /// <summary>A platform.</summary>
    /// <param name="model">What the processor has.</param>
    /// <param name="codeArena">Bytes for decoded code: little makes it be dropped all the time.</param>
    /// <param name="slice">Longest piece in which time is given to the processor; 0 for no limit.</param>
    public GuestRig(CpuModel model, int codeArena = 4 << 20, int slice = 0)
    {
        (this.model, this.slice) = (model, slice);
        memory = new GuestMemory(codeArena);
        cpu = new Interpreter(memory.Physical, model);
        monitor = new GuestMonitor(cpu, model, memory.Physical, dice);
    }

    /// <summary>Instructions that all cases completed.</summary>
    public ulong Retired { get; private set; }

    /// <summary>Exits of all cases.</summary>
    public long Exits => monitor.Exits;

    /// <summary>Forgets decoded code.</summary>
    public void BeginBatch()
    {
        memory.Physical.DropCode();
        digest = 0;
    }

    /// <summary>The digest of everything since the batch began.</summary>
    public ulong Digest => digest;

    /// <summary>Runs the case of <paramref name="seed"/>.</summary>
    /// <param name="seed">Decides all of it.</param>
    /// <param name="number">Likewise.</param>
    /// <param name="derived">Derived caches are checked at each stop.</param>
    /// <param name="all">TLB, monitor and memory are part of the digest, beside the registers.</param>
    public void Run(ulong seed, long number, bool derived, bool all)
    {
        dice.Seed(seed, 1, (ulong)number);
        memory.Restore();
        SetState();
        monitor.Set();
        memory.Spoil(dice);
        memory.Write(Linear(), maker.Throw(dice, CodeBits()));
        ulong before = cpu.State->Retired;
        Drive(derived);
        Retired += cpu.State->Retired - before;
        Mix(all);
    }

    /// <summary>The first register or word in which two platforms differ after the same case.</summary>
    public string DifferenceFrom(GuestRig other)
    {
        string? folded = monitor.DifferenceFrom(other.monitor);
        ReadOnlySpan<byte> mine = new(cpu.State, sizeof(CpuState)), theirs = new(other.cpu.State, sizeof(CpuState));
        int at = mine.CommonPrefixLength(theirs), tlb = cpu.TranslationState.CommonPrefixLength(other.cpu.TranslationState);
        return $"two runs of the same case differ: state from byte {at}, TLB from byte {tlb}, time {now} and {other.now}, "
            + $"monitor {folded ?? "the same"}; "
            + $"RIP {cpu.State->Rip:x} and {other.cpu.State->Rip:x}, RFLAGS {cpu.State->Rflags:x} and {other.cpu.State->Rflags:x}";
    }

    public void Dispose()
    {
        cpu.Dispose();
        memory.Dispose();
    }

    private void SetState()
    {
        ulong retired = cpu.State->Retired;
        GuestModes.Throw(dice, model, ref *cpu.State);
        cpu.State->Retired = retired;
        if (dice.OnceIn(4))
            cpu.State->Gpr[1] = dice.Pick(CodeMaker.Msrs);
        Tlb.Clear(cpu.Core);
        cpu.Core->Translation->AnswerCount = 0;
        cpu.Core->Translation->OwedTime = 0;
        cpu.StateChanged();
        now = dice.OnceIn(64) ? ulong.MaxValue - 1_000_000 : (ulong)dice.Below(1000);
    }

    private void Drive(bool derived)
    {
        ulong end = now + (dice.OnceIn(64) ? 4000ul : 4ul + (ulong)dice.Below(60));
        for (int stop = 0; stop < MostStops && now < end; stop++)
        {
            ulong limit = Math.Min(end, now + 1 + (ulong)dice.Below(64));
            StopReason reason = RunTo(limit);
            Promise(reason, limit);
            if (derived)
                StateRules.CheckDerived(cpu);
            if (!monitor.Handle(reason, now, ref digest))
                return;
            if (dice.OnceIn(16))
                monitor.Interrupt();
        }
    }

    private StopReason RunTo(ulong limit)
    {
        if (slice == 0)
            return cpu.Run(ref now, limit);
        StopReason reason;
        do
        {
            ulong before = now;
            reason = cpu.Run(ref now, Math.Min(limit, now + (ulong)slice));
            if (reason == StopReason.LimitReached && now == before)
                break;
        }
        while (reason == StopReason.LimitReached && now < limit);
        return reason;
    }

    private void Promise(StopReason reason, ulong limit)
    {
        FuzzException.Unless(reason is StopReason.LimitReached or StopReason.VmExit or StopReason.RegisterWritten,
            $"run ended as {(int)reason}");
        FuzzException.Unless(now <= limit, $"time {now} is past the limit {limit}");
        bool idle = cpu.State->Activity != (uint)ActivityState.Active;
        FuzzException.Unless(reason != StopReason.LimitReached || now == limit || idle,
            $"the run stopped at {now} before its limit {limit} for no reason");
        StateRules.Check(*cpu.State, faulted: reason == StopReason.VmExit);
    }

    private int CodeBits() => cpu.Core->Mode.CodeBits;

    private ulong Linear() => (cpu.Core->CodeBase + cpu.State->Rip) & cpu.Core->CodeMask;

    private void Mix(bool all)
    {
        GuestMemory.Mix(ref digest, 0, new ReadOnlySpan<byte>(cpu.State, sizeof(CpuState)));
        digest ^= now;
        if (!all)
            return;
        GuestMemory.Mix(ref digest, 1, cpu.TranslationState);
        GuestMemory.Mix(ref digest, 2, monitor.VcpuBytes);
        memory.MixWritten(ref digest);
    }
}
