using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>XRSTOR XRSTORS (SDM volume 1, 13.8 and 13.12).</summary>
internal static unsafe class ExtendedRestore
{
    private const ulong Compacted = 1ul << 63;
    private const int User = 0, Supervisor = 1, Wide = 4;

    public static bool BindRestore(ref BindContext b) => Bind(ref b, User);
    public static bool BindRestore64(ref BindContext b) => Bind(ref b, User | Wide);
    public static bool BindSupervisor(ref BindContext b) => Bind(ref b, Supervisor);
    public static bool BindSupervisor64(ref BindContext b) => Bind(ref b, Supervisor | Wide);

    private static bool Bind(ref BindContext b, int kind)
    {
        b.Target->Immediate = kind;
        b.BindMemory();
        b.Target->Handler = &Restore;
        return true;
    }

    [SkipLocalsInit]
    private static Outcome Restore(Core* c, DecodedInstruction* i)
    {
        byte* image = stackalloc byte[SavedState.Size];
        bool supervisor = (i->Immediate & Supervisor) != 0, wide = (i->Immediate & Wide) != 0;
        if (!ExtendedState.IsReady(c, supervisor))
            return Outcome.Stop;
        ulong components = ExtendedState.Requested(c, supervisor);
        if (!ExtendedState.TryPlace(c, i, SavedState.AvxAt, write: false, out ulong at)
            || !SavedState.TryLoad(c, at, image, 0, SavedState.AvxAt))
            return Outcome.Stop;
        var header = (ulong*)(image + SavedState.HeaderAt);
        if (!IsLegal(c, header, supervisor))
            return Fault.GeneralProtection(c);
        bool compact = (header[1] & Compacted) != 0;
        ulong loaded = components & header[0];
        bool control = compact ? (components & SavedState.SseState) != 0 : (components & (SavedState.SseState | SavedState.AvxState)) != 0;
        uint mxcsr = compact && (loaded & SavedState.SseState) == 0 ? Mxcsr.Initial : *(uint*)(image + SavedState.MxcsrAt);
        if (control && (mxcsr & ~Mxcsr.Defined) != 0)
            return Fault.GeneralProtection(c);
        if ((loaded & SavedState.AvxState) != 0
            && (!ExtendedState.TryPlace(c, i, SavedState.Size, write: false, out at) || !SavedState.TryLoad(c, at, image, SavedState.AvxAt, SavedState.AvxSize)))
            return Outcome.Stop;
        if (control)
            c->State.Mxcsr = mxcsr;
        Take(c, image, components, loaded, wide);
        return Outcome.Next;
    }

    private static void Take(Core* c, byte* image, ulong components, ulong loaded, bool wide)
    {
        if ((components & SavedState.X87State) != 0)
        {
            if ((loaded & SavedState.X87State) != 0)
                SavedState.TakeX87(c, image, wide);
            else
                SavedState.InitializeX87(c);
        }
        if ((components & SavedState.SseState) != 0)
            SavedState.TakeXmm(c, (loaded & SavedState.SseState) != 0 ? image : null);
        if ((components & SavedState.AvxState) != 0)
            SavedState.TakeUpper(c, (loaded & SavedState.AvxState) != 0 ? image : null);
    }

    private static bool IsLegal(Core* c, ulong* header, bool supervisor)
    {
        ulong enabled = c->State.Xcr0 | (supervisor ? c->State.Xss : 0);
        if ((header[1] & Compacted) == 0)
            return !supervisor && header[1] == 0 && header[2] == 0 && (header[0] & ~enabled) == 0;
        ulong reserved = header[2] | header[3] | header[4] | header[5] | header[6] | header[7];
        ulong present = header[1] & ~Compacted;
        return Exits.Model(c).Has(CpuFeature.Xsavec) && reserved == 0 && (present & ~enabled) == 0 && (header[0] & ~present) == 0;
    }
}
