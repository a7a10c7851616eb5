using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// The interpreter in the place of the child process: CPL 3, the same linear addresses, every exception an exit. Virtual time is given out in small pieces, so that REP
/// stops and goes on in the middle.
/// </summary>
internal sealed unsafe class InterpreterSeat : IDisposable
{
    private const ulong Tables = TestMachine.TablesAddress + 0x8000, Frames = 0x40_0000, User = 4, Writable = 2, Present = 1;
    private const ulong InterpreterGuard = 1_000_000;

    private readonly TestMachine _machine = TestMachine.Long(user: true);
    private readonly uint _longAttributes;
    private bool _compatibility;

    public InterpreterSeat()
    {
        // Nothing is there but the fixed region, as in the child.
        for (ulong entry = 0; entry < 512; entry++)
            _machine.WriteMemory(TestMachine.TablesAddress + 0x2000 + (entry * 8), 0ul);
        _machine.WriteMemory(TestMachine.TablesAddress + 0x2000 + ((Layout.Base >> 21) * 8), Tables | User | Writable | Present);
        Map(Layout.CodePage, User | Present);
        Map(Layout.Data, User | Writable | Present);
        Map(Layout.Data + 4096, User | Writable | Present);
        Map(Layout.ReadOnly, User | Present);
        _machine.EnterUser();
        _machine.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        _longAttributes = _machine.State->SegmentAttributes[(int)SegmentIndex.Cs];
        _machine.State->SegmentBase[(int)SegmentIndex.Gs] = Layout.GsBase;
        SetSelectors(code: 0x33, data: 0);
        _machine.Cpu.StateChanged();
        _machine.Write(Physical(Layout.CodePage), [.. Enumerable.Repeat((byte)0xCC, 4096)]);
    }

    /// <summary>Puts the instruction in place.</summary>
    public void Load(TestInstruction test)
    {
        new Span<byte>(_machine.Ram + Physical(Layout.Data), 2 * 4096).Clear();
        var page = new byte[32];
        Array.Fill(page, (byte)0xCC);
        test.Bytes.CopyTo(page, 0);
        IsRepeating = test.Decoded.HasRepPrefix || test.Decoded.HasRepnePrefix;
        // Time left over after a REP instruction passes in a jump to itself.
        if (IsRepeating)
            (page[test.Bytes.Length], page[test.Bytes.Length + 1]) = (0xEB, 0xFE);
        _machine.Write(Physical(Layout.Instruction), page);
        if (_compatibility == (test.Bits == 32))
            return;
        _compatibility = test.Bits == 32;
        _machine.State->SegmentAttributes[(int)SegmentIndex.Cs] =
            _compatibility ? (_longAttributes & ~SegmentAttribute.Long) | SegmentAttribute.Big : _longAttributes;
        _machine.State->SegmentBase[(int)SegmentIndex.Gs] = _compatibility ? 0 : Layout.GsBase;
        SetSelectors(_compatibility ? 0x23u : 0x33, _compatibility ? 0x2Bu : 0);
        _machine.Cpu.StateChanged();
    }

    /// <summary>Executes the case: what the child would have filled in, filled into <paramref name="result"/>.</summary>
    public void Run(ref Randomness random, SiliconCase* one, SiliconCase* result)
    {
        CpuState* state = _machine.State;
        for (int r = 0; r < 16; r++)
            state->Gpr[r] = one->Before.Gpr[r];
        state->Rflags = one->Before.Rflags;
        state->Rip = Layout.Instruction;
        byte* window = _machine.Ram + Physical(Layout.Window);
        Buffer.MemoryCopy(one->MemoryBefore, window, Layout.WindowSize, Layout.WindowSize);

        result->Signal = 0;
        ulong retired = state->Retired, start = _machine.Now;
        StopReason reason;
        do
        {
            ulong time = random.OnceIn(2) ? 1 : (ulong)random.Below(16) + 1;
            reason = _machine.Run(IsRepeating ? time : 1);
        }
        while (reason == StopReason.LimitReached && state->Retired - retired < Steps && _machine.Now - start < InterpreterGuard);

        if (reason == StopReason.VmExit)
        {
            ref readonly VmExit exit = ref _machine.Cpu.Exit;
            exit.Reason.ShouldBe(ExitReason.ExceptionOrNmi, exit.ToString());
            result->Signal = 1;
            result->Vector = exit.InterruptionInformation & 0xFF;
            result->ErrorCode = exit.InterruptionErrorCode;
            result->FaultAddress = exit.Qualification;
        }
        result->Rip = state->Rip;
        for (int r = 0; r < 16; r++)
            result->After.Gpr[r] = state->Gpr[r];
        result->After.Rflags = state->Rflags;
        Buffer.MemoryCopy(window, result->MemoryAfter, Layout.WindowSize, Layout.WindowSize);
        state->EntryInterruption = 0;
        state->PendingDebug = 0;
    }

    /// <summary>How many instructions stand in the place of one: a judge may put others around it that load and store its registers.</summary>
    public ulong Steps { get; init; } = 1;

    /// <summary>True while the loaded instruction has a REP prefix.</summary>
    private bool IsRepeating { get; set; }

    public void Dispose() => _machine.Dispose();

    /// <summary>The selectors that Linux gives a process; the x87 unit stores them.</summary>
    private void SetSelectors(uint code, uint data)
    {
        _machine.State->SegmentSelector[(int)SegmentIndex.Cs] = (ushort)code;
        _machine.State->SegmentSelector[(int)SegmentIndex.Ds] = (ushort)data;
    }

    private static ulong Physical(ulong linear) => Frames + (linear - Layout.Base);

    private void Map(ulong linear, ulong rights) => _machine.WriteMemory(Tables + (((linear >> 12) & 511) * 8), Physical(linear) | rights);
}
