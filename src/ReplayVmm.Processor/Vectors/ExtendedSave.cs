using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// XSAVE XSAVEOPT XSAVEC XSAVES (SDM volume 1, 13.7 to 13.11). What the manual leaves to the processor is decided so: a component is in use when its registers differ from their
/// initial values (<see cref="SavedState.InUse"/>), XSAVEOPT, XSAVEC and XSAVES leave out what is not in use, and nothing counts as unmodified since the last XRSTOR.
/// </summary>
internal static unsafe class ExtendedSave
{
    private const ulong Compacted = 1ul << 63;
    private const int Standard = 0, Optimized = 1, Compact = 2, Supervisor = 3, KindMask = 3, Wide = 4;
    private const int StateAt = SavedState.HeaderAt;

    public static bool BindSave(ref BindContext b) => Bind(ref b, Standard);
    public static bool BindSave64(ref BindContext b) => Bind(ref b, Standard | Wide);
    public static bool BindOptimized(ref BindContext b) => Bind(ref b, Optimized);
    public static bool BindOptimized64(ref BindContext b) => Bind(ref b, Optimized | Wide);
    public static bool BindCompact(ref BindContext b) => Bind(ref b, Compact);
    public static bool BindCompact64(ref BindContext b) => Bind(ref b, Compact | Wide);
    public static bool BindSupervisor(ref BindContext b) => Bind(ref b, Supervisor);
    public static bool BindSupervisor64(ref BindContext b) => Bind(ref b, Supervisor | Wide);

    private static bool Bind(ref BindContext b, int kind)
    {
        b.Target->Immediate = kind;
        b.BindMemory();
        b.Target->Handler = &Save;
        return true;
    }

    [SkipLocalsInit]
    private static Outcome Save(Core* c, DecodedInstruction* i)
    {
        byte* image = stackalloc byte[SavedState.Size];
        int kind = (int)i->Immediate & KindMask;
        if (!ExtendedState.IsReady(c, privileged: kind == Supervisor))
            return Outcome.Stop;
        ulong components = ExtendedState.Requested(c, kind == Supervisor);
        bool compact = kind >= Compact;
        ulong state = components & SavedState.InUse(ref c->State), saved = kind == Standard ? components : state;
        if (!ExtendedState.TryPlace(c, i, SavedState.SizeOf(saved), write: true, out ulong at))
            return Outcome.Stop;
        if (compact)
        {
            // The compacted format has MXCSR only with the rest of SSE state.
            if ((components & SavedState.SseState) != 0 && c->State.Mxcsr != Mxcsr.Initial)
                saved = state |= SavedState.SseState;
            (*(ulong*)(image + StateAt), *(ulong*)(image + StateAt + 8)) = (state, components | Compacted);
        }
        else
        {
            if (!SavedState.TryLoad(c, at, image, StateAt, sizeof(ulong)))
                return Outcome.Stop;
            *(ulong*)(image + StateAt) = (*(ulong*)(image + StateAt) & ~components) | state;
        }
        ulong control = compact ? saved & SavedState.SseState : components & (SavedState.SseState | SavedState.AvxState);
        return TryStore(c, at, image, saved, control != 0, ((int)i->Immediate & Wide) != 0) && SavedState.TryStore(c, at, image, StateAt, compact ? 16 : 8)
            ? Outcome.Next : Outcome.Stop;
    }

    private static bool TryStore(Core* c, ulong at, byte* image, ulong saved, bool control, bool wide)
    {
        bool done = true;
        if ((saved & SavedState.X87State) != 0)
        {
            SavedState.PutX87(c, image, wide);
            done = SavedState.TryStore(c, at, image, 0, SavedState.MxcsrAt)
                && SavedState.TryStore(c, at, image, SavedState.StackAt, SavedState.XmmAt - SavedState.StackAt);
        }
        if (done && control)
        {
            SavedState.PutMxcsr(c, image);
            done = SavedState.TryStore(c, at, image, SavedState.MxcsrAt, sizeof(ulong));
        }
        if (done && (saved & SavedState.SseState) != 0)
            done = SavedState.TryStore(c, at, image, SavedState.XmmAt, SavedState.PutXmm(c, image));
        if (done && (saved & SavedState.AvxState) != 0)
            done = SavedState.TryStore(c, at, image, SavedState.AvxAt, SavedState.PutUpper(c, image));
        return done;
    }
}
