using System.Runtime.InteropServices;
using ReplayVmm.Events;
using ReplayVmm.Hypervisor;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>
/// A tiny platform: one interpreter on two MiB of memory with a hole, a read-only part and a piece above 4 GiB, the monitor's own exit handlers, devices that are dice. A case sets state,
/// memory and code, runs for a while and keeps the promises in <see cref="StateRules"/>.
/// </summary>
// SAFETY: processor and memories live until Dispose; guest addresses are those of the mapped ranges.
internal sealed unsafe class GuestRig : IDisposable
{
    private const ulong Hole = 0xA_0000, ReadOnly = 0xC_0000, HighMemory = 0x10_0000, FourGiB = 0x1_0000_0000, HighSize = 0x1_0000;
    private const int MostStops = 256;

    private static readonly GuestImage Image = new();

    private readonly HostMemory ram = new(GuestImage.Size + HighSize);
    private readonly PhysicalMemory memory;
    private readonly Interpreter cpu;
    private readonly CpuModel model;
    private readonly CodeMaker maker = new();
    private readonly Dice dice = new();
    private readonly GuestAnswers answers;
    private readonly EventBuffer events = new();
    private readonly WrittenPageVisitor restore, hash;
    private readonly byte[] blank = new byte[4096];
    private readonly byte[] bitmap = new byte[4096];
    private readonly int slice;
    private readonly VmState vm = new();
    private ulong now, digest;

    /// <summary>A platform.</summary>
    /// <param name="model">What the processor has.</param>
    /// <param name="codeArena">Bytes for decoded code: little makes it be dropped all the time.</param>
    /// <param name="slice">Longest piece in which time is given to the processor; 0 for no limit.</param>
    public GuestRig(CpuModel model, int codeArena = 4 << 20, int slice = 0)
    {
        (this.model, this.slice) = (model, slice);
        memory = new PhysicalMemory(codeArena);
        memory.Map(0, Hole, ram.Address, MappingRights.Read | MappingRights.Write);
        memory.Map(ReadOnly, HighMemory - ReadOnly, ram.Address + ReadOnly, MappingRights.Read);
        memory.Map(HighMemory, GuestImage.Size - HighMemory, ram.Address + HighMemory, MappingRights.Read | MappingRights.Write);
        memory.Map(FourGiB, HighSize, ram.Address + GuestImage.Size, MappingRights.Read | MappingRights.Write);
        Image.Bytes.CopyTo(new Span<byte>(ram.Address, GuestImage.Size));
        cpu = new Interpreter(memory, model);
        answers = new GuestAnswers(cpu, memory, dice);
        (restore, hash) = (Restore, Hash);
    }

    /// <summary>Instructions that all cases completed.</summary>
    public ulong Retired { get; private set; }

    /// <summary>Exits of all cases.</summary>
    public long Exits { get; private set; }

    /// <summary>Forgets decoded code.</summary>
    public void BeginBatch()
    {
        memory.DropCode();
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
        memory.VisitWrittenPages(restore);
        SetState();
        SetMonitor();
        SpoilMemory();
        Write(Linear(), maker.Throw(dice, CodeBits()));
        ulong before = cpu.State->Retired;
        Drive(derived);
        Retired += cpu.State->Retired - before;
        Mix(all);
    }

    /// <summary>The first register or word in which two platforms differ after the same case.</summary>
    public string DifferenceFrom(GuestRig other)
    {
        string? monitor = vm.DescribeDifference(other.vm);
        ReadOnlySpan<byte> mine = new(cpu.State, sizeof(CpuState)), theirs = new(other.cpu.State, sizeof(CpuState));
        int at = mine.CommonPrefixLength(theirs), tlb = cpu.TranslationState.CommonPrefixLength(other.cpu.TranslationState);
        return $"two runs of the same case differ: state from byte {at}, TLB from byte {tlb}, time {now} and {other.now}, monitor {monitor ?? "the same"}; "
            + $"RIP {cpu.State->Rip:x} and {other.cpu.State->Rip:x}, RFLAGS {cpu.State->Rflags:x} and {other.cpu.State->Rflags:x}";
    }

    public void Dispose()
    {
        cpu.Dispose();
        memory.Dispose();
        ram.Dispose();
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

    /// <summary>The monitor's fold and controls; one case in four has controls of its own.</summary>
    private void SetMonitor()
    {
        CpuState* s = cpu.State;
        Apply(EventKind.VcpuReset, 0, 0, 0);
        Apply(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr4, 0, s->Cr4);
        Apply(EventKind.MsrWritten, MonitorMsr.Efer, 0, s->Efer);
        Apply(EventKind.ControlRegisterWritten, (ulong)RecordedRegister.Cr0, 0, s->Cr0);
        ExecutionControls c = cpu.Controls;
        bool own = dice.OnceIn(4);
        ulong bits = own ? dice.Next() : 0;
        c.InterruptWindowExiting = c.NmiWindowExiting = false;
        (c.InvlpgExiting, c.RdtscExiting, c.Cr3LoadExiting, c.Cr3StoreExiting) = ((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0);
        (c.Cr8StoreExiting, c.PauseExiting, c.WbinvdExiting, c.MovDrExiting) = ((bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0, (bits & 128) == 0);
        (c.HltExiting, c.RdpmcExiting, c.RdrandExiting, c.RdseedExiting) = ((bits & 256) == 0, (bits & 512) == 0, (bits & 1024) == 0, (bits & 2048) == 0);
        c.Cr8LoadExiting = (bits & 4096) == 0;
        c.Cr0GuestHostMask = (bits & 0x2000) == 0 ? ulong.MaxValue : dice.OnceIn(2) ? 0 : dice.Next();
        c.Cr4GuestHostMask = (bits & 0x4000) == 0 ? ulong.MaxValue : dice.OnceIn(2) ? 0 : dice.Next();
        c.ExceptionBitmap = (bits & 0x8000) == 0 ? 0 : (uint)dice.Next();
        c.IoBitmap = null;
        c.MsrBitmap = own && (bits & 0x1_0000) != 0 ? bitmap : null;
        ShowControlRegisters();
    }

    /// <summary>Changes tables, tasks, page tables and stacks: what a hostile guest would put there.</summary>
    private void SpoilMemory()
    {
        if (dice.OnceIn(2))
            return;
        for (int n = dice.Below(12); n >= 0; n--)
        {
            ulong at = dice.Below(8) switch
            {
                0 => GuestImage.Gdt + (ulong)(dice.Below(0x40) * 8),
                1 => GuestImage.Ldt + (ulong)(dice.Below(0x10) * 8),
                2 => dice.Pick<uint>([GuestImage.Idt32, GuestImage.Idt64]) + (ulong)(dice.Below(32) * 8),
                3 => dice.Pick<uint>([GuestImage.Tss32, GuestImage.OtherTss32, GuestImage.Tss16, GuestImage.Tss64]) + (ulong)(dice.Below(0x1A) * 4),
                4 => dice.Pick<uint>([GuestImage.Directory32, GuestImage.PointersPae, GuestImage.DirectoryPae, GuestImage.Root64, GuestImage.Pointers64, GuestImage.Directory64])
                    + (ulong)(dice.Below(dice.OnceIn(2) ? 8 : 512) * 8),
                5 => dice.Pick<uint>([GuestImage.Table32 + 0x40, GuestImage.Table64 + 0x80]) + (ulong)(dice.Below(0x40) * 8),
                _ => GuestImage.Stack + 0x1000 + (ulong)(dice.Below(0x300) * 8),
            };
            ulong value = at switch
            {
                < GuestImage.Tss32 => GuestImage.Descriptor(dice),
                < GuestImage.Directory32 => GuestImage.StackWord(dice),
                < GuestImage.Code => GuestImage.PageEntry(dice),
                _ => GuestImage.StackWord(dice),
            };
            if (dice.OnceIn(4))
                value = *(ulong*)(ram.Address + at) ^ (1ul << dice.Below(64));
            Write(at, new ReadOnlySpan<byte>(&value, sizeof(ulong)));
        }
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
            if (!Handle(reason))
                return;
            if (dice.OnceIn(16))
                Interrupt();
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
        FuzzException.Unless(reason is StopReason.LimitReached or StopReason.VmExit or StopReason.RegisterWritten, $"run ended as {(int)reason}");
        FuzzException.Unless(now <= limit, $"time {now} is past the limit {limit}");
        bool idle = cpu.State->Activity != (uint)ActivityState.Active;
        FuzzException.Unless(reason != StopReason.LimitReached || now == limit || idle, $"the run stopped at {now} before its limit {limit} for no reason");
        StateRules.Check(*cpu.State, faulted: reason == StopReason.VmExit);
    }

    /// <summary>As the machine's loop does. False: the case is over.</summary>
    private bool Handle(StopReason reason)
    {
        events.Clear();
        if (reason == StopReason.RegisterWritten)
        {
            RegisterWrite write = cpu.Written;
            EventKind kind = write.Register == RecordedRegister.Msr ? EventKind.MsrWritten
                : write.Register == RecordedRegister.Xcr0 ? EventKind.XcrWritten : EventKind.ControlRegisterWritten;
            Apply(kind, write.Register == RecordedRegister.Msr ? write.Index : (ulong)write.Register, write.Old, write.New);
            ShowControlRegisters();
            return true;
        }

        if (reason == StopReason.LimitReached)
            return cpu.State->Activity == (uint)ActivityState.Active || Interrupt();
        Exits++;
        answers.Now = now;
        Completion completion = default;
        ExitHandlers.Handle(cpu.Exit, vm, 0, model, answers, new EventWriter(events, now, 0, 0));
        bool goesOn = true;
        foreach (ref readonly Event e in events.Events)
        {
            FuzzException.Unless(e.Kind != EventKind.InternalError, $"internal error {e.A} at {e.B:x}: {cpu.Exit}");
            digest = ((digest ^ (ulong)e.Kind) * 0x100_0000_01B3) ^ e.A ^ (e.C * 31) ^ e.B;
            vm.Apply(e, default);
            completion.Consider(e);
            CarryOut(e);
            goesOn &= e.Kind != EventKind.TripleFault;
        }

        completion.Finish(cpu);
        StateRules.Check(*cpu.State, faulted: !goesOn);
        return goesOn;
    }

    private void CarryOut(in Event e)
    {
        switch (e.Kind)
        {
            case EventKind.ControlRegisterWritten when e.D == Outcomes.Done:
                ShowControlRegisters();
                break;
            case EventKind.DebugRegisterWritten when e.D == Processor.Vector.Db:
                cpu.State->Dr6 |= DebugRegisterRules.Bd;
                break;
            case EventKind.ExceptionInjected when e.A == Processor.Vector.Db:
                cpu.State->Dr6 |= e.B & 0xFFFF;
                break;
            case EventKind.InterruptInjected:
                Inject((uint)vm.Vcpu(0).LastInjection);
                break;
        }
    }

    /// <summary>An interrupt or NMI comes, or its window is asked for. False where nothing can wake the processor.</summary>
    private bool Interrupt()
    {
        const uint shadows = InterruptibilityState.BlockedBySti | InterruptibilityState.BlockedByMovSs | InterruptibilityState.BlockedByNmi;
        if (cpu.CanTakeInterrupt && dice.OnceIn(2))
        {
            Inject(Injection.Interrupt((byte)(32 + dice.Below(224)), Injection.External));
            return true;
        }

        bool nmi = (cpu.State->Interruptibility & shadows) == 0 && (cpu.State->EntryInterruption & Injection.Valid) == 0 && cpu.State->PendingDebug == 0
            && cpu.Core->Translation->AnswerCount == 0 && cpu.State->Activity <= (uint)ActivityState.Hlt;
        if (nmi && dice.OnceIn(2))
        {
            Inject(Injection.Interrupt(Injection.NmiVector, Injection.Nmi));
            return true;
        }

        cpu.Controls.InterruptWindowExiting = dice.OnceIn(4);
        cpu.Controls.NmiWindowExiting = dice.OnceIn(8);
        return cpu.State->Activity == (uint)ActivityState.Active;
    }

    private void Inject(uint information)
    {
        CpuState* s = cpu.State;
        (s->EntryInterruption, s->EntryErrorCode, s->EntryInstructionLength) = (information, 0, 0);
        s->Activity = (uint)ActivityState.Active;
        cpu.Controls.InterruptWindowExiting = cpu.Controls.NmiWindowExiting = false;
    }

    private void ShowControlRegisters()
    {
        cpu.Controls.Cr0ReadShadow = vm.Vcpu(0).Cr0;
        cpu.Controls.Cr4ReadShadow = vm.Vcpu(0).Cr4;
    }

    private void Apply(EventKind kind, ulong a, ulong b, ulong c) => vm.Apply(new Event { Kind = kind, A = a, B = b, C = c }, default);

    private int CodeBits() => cpu.Core->Mode.CodeBits;

    private ulong Linear() => (cpu.Core->CodeBase + cpu.State->Rip) & cpu.Core->CodeMask;

    private void Write(ulong address, ReadOnlySpan<byte> bytes) => FuzzException.Unless(memory.TryWrite(address, bytes), $"{address:x} is not memory");

    private void Restore(ulong frame, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> source = frame < GuestImage.Size >> 12 ? Image.Bytes.Slice((int)frame << 12, 4096) : blank;
        byte* page = memory.Find(frame << 12, out _);
        source.CopyTo(new Span<byte>(page, 4096));
        memory.Blocks.Written(page, 4096);
    }

    private void Hash(ulong frame, ReadOnlySpan<byte> bytes)
    {
        digest = (digest ^ frame) * 0x9E37_79B9_7F4A_7C15;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
            digest = (ulong.RotateLeft(digest, 5) ^ word) * 0x9E37_79B9_7F4A_7C15;
    }

    private void Mix(bool all)
    {
        Hash(0, new ReadOnlySpan<byte>(cpu.State, sizeof(CpuState)));
        digest ^= now;
        if (!all)
            return;
        Hash(1, cpu.TranslationState);
        Hash(2, vm.VcpuBytes);
        memory.VisitWrittenPages(Again);
    }

    /// <summary>Hashes a page that was written, and puts it back: it is not seen as written a second time.</summary>
    private void Again(ulong frame, ReadOnlySpan<byte> bytes)
    {
        hash(frame, bytes);
        restore(frame, bytes);
    }
}
