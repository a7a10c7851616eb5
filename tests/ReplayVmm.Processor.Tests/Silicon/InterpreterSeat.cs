using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>
/// The interpreter in the place of the child process: CPL 3, the same linear addresses and descriptors, every exception an exit. Virtual time is given out in small
/// pieces, so that REP stops and goes on in the middle.
/// </summary>
internal sealed unsafe class InterpreterSeat : IDisposable
{
    private const ulong Tables = TestMachine.TablesAddress + 0x8000, Frames = 0x40_0000, User = 4, Writable = 2, Present = 1;
    /// <summary>Descriptor tables and TSS: physical, and where the upper half of linear addresses has them, closed to programs.</summary>
    private const ulong SystemFrames = 0x50_0000, SystemLinear = 0xFFFF_8000_0000_0000 + SystemFrames, SystemTables = Tables + 0x1000;
    private const ulong Gdt = 0, Ldt = 0x1000, Tss = 0x2000;
    private const ulong InterpreterGuard = 1_000_000;

    private readonly TestMachine _machine = TestMachine.Long(user: true);
    private readonly byte[] _codePage = new byte[48];
    private CpuState _prepared;
    private ulong _changeable;
    private bool _isRepeating;

    public InterpreterSeat()
    {
        // Nothing is there but the fixed region, as in the child.
        for (ulong entry = 0; entry < 512; entry++)
            _machine.WriteMemory(TestMachine.TablesAddress + 0x2000 + (entry * 8), 0ul);
        _machine.WriteMemory(TestMachine.TablesAddress + 0x2000 + ((Layout.Base >> 21) * 8), Tables | User | Writable | Present);
        Map(Layout.CodePage, User | Present);
        Map(Layout.CodePage + 4096, User | Present);
        Map(Layout.Data, User | Writable | Present);
        Map(Layout.Data + 4096, User | Writable | Present);
        Map(Layout.ReadOnly, User | Present);
        _machine.Write(Physical(Layout.CodePage), [.. Enumerable.Repeat((byte)0xCC, Layout.CodeSize)]);
        MapSystem();
        CpuState* state = _machine.State;
        state->Cr0 |= Cr0.Am;
        state->Cr4 |= Cr4.Fsgsbase | Cr4.Osxsave | Cr4.Osfxsr | Cr4.Osxmmexcpt;
        state->Xcr0 = 7;
        state->Efer |= Efer.Sce;
        (state->GdtBase, state->GdtLimit) = (SystemLinear + Gdt, (ushort)((SegmentTable.Global.Length * 8) - 1));
        // Every INT n meets the end of the table: #GP with its number, as Linux answers all but its own.
        (state->IdtBase, state->IdtLimit) = (SystemLinear + 0x3000, 0);
        SetSystemSegment(SegmentIndex.Ldtr, SystemLinear + Ldt, (uint)((SegmentTable.Local.Length * 8) - 1), 0x50, 0x82);
        SetSystemSegment(SegmentIndex.Tr, SystemLinear + Tss, 0x67, 0x40, 0x8B);
        _machine.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        _machine.Cpu.StateChanged();
    }

    /// <summary>How many instructions stand in the place of one: a judge may put others around it that load and store its registers.</summary>
    public ulong Steps { get; init; } = 1;

    /// <summary>Puts the instruction and its segments in place.</summary>
    public void Load(TestInstruction test)
    {
        new Span<byte>(_machine.Ram + Physical(Layout.Data), 2 * 4096).Clear();
        Array.Fill(_codePage, (byte)0xCC);
        test.Bytes.CopyTo(_codePage, 0);
        int room = Layout.CodeSize - test.Offset;
        _isRepeating = TestInstruction.IsString(test.Decoded.Code) && (test.Decoded.HasRepPrefix || test.Decoded.HasRepnePrefix) && room >= _codePage.Length;
        // Time left over after a REP instruction passes in a jump to itself.
        if (_isRepeating)
            (_codePage[test.Bytes.Length], _codePage[test.Bytes.Length + 1]) = (0xEB, 0xFE);
        if (room < _codePage.Length)
        {
            _machine.Write(Physical(Layout.CodePage) + (ulong)test.Offset, _codePage.AsSpan(0, room));
        }
        else
        {
            _machine.Write(Physical(Layout.CodePage) + (ulong)test.Offset, _codePage);
        }
        CpuState* state = _machine.State;
        for (int segment = 0; segment < 6; segment++)
            SetSegment((SegmentIndex)segment, test.Setting.Selectors[segment]);
        if (test.Setting.Bits == 64)
            (state->SegmentBase[(int)SegmentIndex.Fs], state->SegmentBase[(int)SegmentIndex.Gs]) = (test.Setting.FsBase, test.Setting.GsBase);
        _changeable = test.Setting.AlignmentCheck ? Rflags.Ac : 0;
        state->Rflags = (state->Rflags & ~Rflags.Ac) | _changeable;
        _prepared = *state;
        _machine.Cpu.StateChanged();
    }

    /// <summary>Takes the instruction away again: INT3 as everywhere else.</summary>
    public void Unload(TestInstruction test)
    {
        Array.Fill(_codePage, (byte)0xCC);
        int room = Math.Min(_codePage.Length, Layout.CodeSize - test.Offset);
        _machine.Write(Physical(Layout.CodePage) + (ulong)test.Offset, _codePage.AsSpan(0, room));
    }

    /// <summary>Executes the case: what the child would have filled in, filled into <paramref name="result"/>.</summary>
    public void Run(ref Randomness random, TestInstruction test, SiliconCase* one, SiliconCase* result)
    {
        CpuState* state = _machine.State;
        for (int r = 0; r < 16; r++)
            state->Gpr[r] = one->Before.Gpr[r];
        state->Rflags = one->Before.Rflags;
        state->Rip = test.Rip;
        if (test.HasVectors)
            LoadVectors(&one->VectorsBefore);
        byte* window = _machine.Ram + Physical(Layout.Window);
        Buffer.MemoryCopy(one->MemoryBefore, window, Layout.WindowSize, Layout.WindowSize);

        result->Signal = 0;
        ulong retired = state->Retired, start = _machine.Now;
        StopReason reason;
        do
        {
            ulong time = random.OnceIn(2) ? 1 : (ulong)random.Below(16) + 1;
            reason = _machine.Run(_isRepeating ? time : 1);
        }
        while (reason == StopReason.LimitReached && state->Retired - retired < Steps && _machine.Now - start < InterpreterGuard);

        if (reason == StopReason.VmExit)
        {
            ref readonly VmExit exit = ref _machine.Cpu.Exit;
            result->Signal = exit.Reason == ExitReason.ExceptionOrNmi ? 1 : -(long)exit.Reason;
            result->Vector = exit.InterruptionInformation & 0xFF;
            result->ErrorCode = exit.InterruptionErrorCode;
            result->FaultAddress = exit.Qualification;
        }
        result->Rip = state->Rip;
        for (int r = 0; r < 16; r++)
            result->After.Gpr[r] = state->Gpr[r];
        result->After.Rflags = state->Rflags;
        for (int segment = 0; segment < 6; segment++)
            result->After.Selectors[segment] = state->SegmentSelector[segment];
        result->After.FsBase = state->SegmentBase[(int)SegmentIndex.Fs];
        result->After.GsBase = state->SegmentBase[(int)SegmentIndex.Gs];
        if (test.HasVectors)
            StoreVectors(&result->VectorsAfter);
        Buffer.MemoryCopy(window, result->MemoryAfter, Layout.WindowSize, Layout.WindowSize);
        Reset(state);
    }

    public void Dispose() => _machine.Dispose();

    private void LoadVectors(SiliconVectors* vectors)
    {
        CpuState* state = _machine.State;
        new ReadOnlySpan<ulong>(vectors->Ymm, 64).CopyTo(new Span<ulong>(state->Vector, 64));
        new ReadOnlySpan<ulong>(vectors->Mm, 8).CopyTo(new Span<ulong>(state->FpSignificand, 8));
        new Span<ushort>(state->FpSignExponent, 8).Fill(0xFFFF);
        (state->FpTags, state->FpStatus, state->FpControl, state->Mxcsr) = (0xFF, 0, 0x37F, (uint)vectors->Mxcsr);
        (state->FpOpcode, state->FpInstruction, state->FpData, state->FpCodeSelector, state->FpDataSelector) = (0, 0, 0, 0, 0);
    }

    private void StoreVectors(SiliconVectors* vectors)
    {
        CpuState* state = _machine.State;
        new ReadOnlySpan<ulong>(state->Vector, 64).CopyTo(new Span<ulong>(vectors->Ymm, 64));
        new ReadOnlySpan<ulong>(state->FpSignificand, 8).CopyTo(new Span<ulong>(vectors->Mm, 8));
        vectors->Mxcsr = state->Mxcsr;
    }

    /// <summary>What a case may have changed beside what the next one sets anyway.</summary>
    private void Reset(CpuState* state)
    {
        state->EntryInterruption = 0;
        state->PendingDebug = 0;
        state->Interruptibility = 0;
        fixed (CpuState* prepared = &_prepared)
        {
            bool same = (state->Rflags & Rflags.Ac) == _changeable
                && Same(state->SegmentSelector, prepared->SegmentSelector, 16) && Same(state->SegmentBase, prepared->SegmentBase, 64)
                && Same(state->SegmentAttributes, prepared->SegmentAttributes, 32) && Same(state->SegmentLimit, prepared->SegmentLimit, 32);
            if (same)
                return;
            (ulong retired, *state) = (state->Retired, *prepared);
            state->Retired = retired;
        }
        _machine.Cpu.StateChanged();
    }

    private static bool Same(void* left, void* right, int size) => new ReadOnlySpan<byte>(left, size).SequenceEqual(new ReadOnlySpan<byte>(right, size));

    private void SetSegment(SegmentIndex index, ushort selector)
    {
        CpuState* state = _machine.State;
        ulong raw = SegmentTable.RawOf(selector);
        bool isNull = (selector & ~3) == 0, pages = (raw & (1ul << 55)) != 0;
        uint limit = (uint)((raw & 0xFFFF) | (raw >> 32 & 0xF_0000));
        state->SegmentSelector[(int)index] = selector;
        state->SegmentBase[(int)index] = isNull ? 0 : (raw >> 16 & 0xFF_FFFF) | (raw >> 32 & 0xFF00_0000);
        state->SegmentLimit[(int)index] = isNull ? 0 : pages ? (limit << 12) | 0xFFF : limit;
        state->SegmentAttributes[(int)index] = isNull ? SegmentAttribute.Unusable : (uint)(raw >> 40) & 0xF0FF;
    }

    private void SetSystemSegment(SegmentIndex index, ulong @base, uint limit, ushort selector, uint attributes)
    {
        CpuState* state = _machine.State;
        state->SegmentSelector[(int)index] = selector;
        state->SegmentBase[(int)index] = @base;
        state->SegmentLimit[(int)index] = limit;
        state->SegmentAttributes[(int)index] = attributes;
    }

    private void MapSystem()
    {
        const ulong rights = Writable | Present;
        _machine.WriteMemory(TestMachine.TablesAddress + (256 * 8), SystemTables | rights);
        _machine.WriteMemory(SystemTables, (SystemTables + 0x1000) | rights);
        _machine.WriteMemory(SystemTables + 0x1000 + ((SystemFrames >> 21) * 8), (SystemFrames & ~0x1F_FFFFul) | 0x80 | rights);
        for (int n = 0; n < SegmentTable.Global.Length; n++)
            _machine.WriteMemory(SystemFrames + Gdt + (ulong)(n * 8), SegmentTable.Global[n]);
        for (int n = 0; n < SegmentTable.Local.Length; n++)
            _machine.WriteMemory(SystemFrames + Ldt + (ulong)(n * 8), SegmentTable.Local[n].Raw);
        // No port is open: the map of ports starts behind the limit.
        _machine.WriteMemory(SystemFrames + Tss + 0x66, (ushort)0x68);
    }

    private static ulong Physical(ulong linear) => Frames + (linear - Layout.Base);

    private void Map(ulong linear, ulong rights) => _machine.WriteMemory(Tables + (((linear >> 12) & 511) * 8), Physical(linear) | rights);
}
