using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// The interpreter: runs decoded blocks out of guest memory. One logical processor; several may share a <see cref="PhysicalMemory"/> as long as one runs at a time.
/// </summary>
// SAFETY: core, translation memory, fast translations and jump entries are native memory allocated here and freed by Dispose; no other class keeps pointers to them.
public sealed unsafe partial class Interpreter : IVirtualProcessor, IMemoryObserver
{
    private const nuint Alignment = 64;
    private const int TableCount = 4;

    private readonly BlockBuilder _builder;
    private Core* _core;
    private GCHandle _self;

    /// <summary>A processor of <paramref name="model"/> on <paramref name="memory"/>, which must outlive it. Its state is all zero: set it, then call <see cref="StateChanged"/>.</summary>
    public Interpreter(PhysicalMemory memory, CpuModel model)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(model);
        (Memory, Model) = (memory, model);
        HasGigabytePages = model.Has(CpuFeature.Pdpe1Gb);
        PhysicalAddressBits = model.PhysicalAddressBits;
        _builder = new BlockBuilder(model, memory.Blocks);
        _self = GCHandle.Alloc(this);
        _core = (Core*)Allocate((nuint)sizeof(Core));
        _core->Owner = GCHandle.ToIntPtr(_self);
        _core->Translation = (TranslationMemory*)Allocate((nuint)sizeof(TranslationMemory));
        _core->Tables = (FastTranslation*)Allocate((nuint)(TableCount * FastTranslation.Count * sizeof(FastTranslation)));
        _core->Jumps = (JumpEntry*)Allocate((nuint)(JumpEntry.Count * sizeof(JumpEntry)));
        for (int n = 0; n < TableCount * FastTranslation.Count; n++)
            Tlb.Reset(_core->Tables + n);
        new Span<JumpEntry>(_core->Jumps, JumpEntry.Count).Fill(new JumpEntry { Tag = ulong.MaxValue });
        _core->State.AddressLine20 = 1;
        memory.Attach(this);
    }

    /// <inheritdoc/>
    public CpuState* State => &_core->State;

    /// <inheritdoc/>
    public ExecutionControls Controls { get; } = new();

    /// <inheritdoc/>
    public Span<byte> TranslationState => new(_core->Translation, sizeof(TranslationMemory));

    /// <inheritdoc/>
    public bool CanTakeInterrupt =>
        (_core->State.Rflags & Rflags.If) != 0
        && (_core->State.Interruptibility & (InterruptibilityState.BlockedBySti | InterruptibilityState.BlockedByMovSs)) == 0 && IsBetweenInstructions;

    /// <inheritdoc/>
    public bool CanTakeNmi =>
        (_core->State.Interruptibility & (InterruptibilityState.BlockedByNmi | InterruptibilityState.BlockedByMovSs)) == 0 && IsBetweenInstructions;

    /// <summary>No event waits to be delivered first, and no instruction for the rest of its devices' answers.</summary>
    private bool IsBetweenInstructions =>
        (_core->State.EntryInterruption & EventInfo.Valid) == 0 && _core->State.PendingDebug == 0 && _core->Translation->AnswerCount == 0
        && _core->State.Activity <= (uint)ActivityState.Hlt;

    /// <summary>Guest-physical memory.</summary>
    internal PhysicalMemory Memory { get; }

    /// <summary>The CPU model.</summary>
    internal CpuModel Model { get; }

    /// <summary>The model has 1 GiB pages.</summary>
    internal bool HasGigabytePages { get; }

    /// <summary>MAXPHYADDR of the model.</summary>
    internal int PhysicalAddressBits { get; }

    /// <summary>The core, for tests and tools in this assembly.</summary>
    internal Core* Core => _core;

    /// <summary>The interpreter that a core belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Interpreter Of(Core* c) => Unsafe.As<Interpreter>(GCHandle.FromIntPtr(c->Owner).Target!);

    /// <inheritdoc/>
    public void StateChanged()
    {
        Tlb.DropDerived(_core);
        Translations.ModeChanged(_core);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_core == null)
            return;
        Memory.Detach(this);
        NativeMemory.AlignedFree(_core->Jumps);
        NativeMemory.AlignedFree(_core->Tables);
        NativeMemory.AlignedFree(_core->Translation);
        NativeMemory.AlignedFree(_core);
        _core = null;
        _self.Free();
    }

    void IMemoryObserver.MappingChanged() => Tlb.DropDerived(_core);

    void IMemoryObserver.BlocksDropped() => Tlb.DropJumps(_core);

    void IMemoryObserver.WritesForgotten()
    {
        for (FastTranslation* e = _core->Tables; e < _core->Tables + (TableCount * FastTranslation.Count); e++)
            (e->WriteTag, e->CodeWriteTag) = (FastTranslation.Invalid, FastTranslation.Invalid);
    }

    void IMemoryObserver.CodeAppeared(byte* hostPage)
    {
        for (FastTranslation* e = _core->Tables; e < _core->Tables + (TableCount * FastTranslation.Count); e++)
        {
            if (e->WriteTag != FastTranslation.Invalid && (byte*)e->WriteTag + e->Host == hostPage)
                (e->CodeWriteTag, e->WriteTag) = (e->WriteTag, FastTranslation.Invalid);
        }
    }

    private static void* Allocate(nuint size)
    {
        void* memory = NativeMemory.AlignedAlloc(size, Alignment);
        NativeMemory.Clear(memory, size);
        return memory;
    }
}
