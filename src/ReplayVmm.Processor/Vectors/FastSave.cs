using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// FXSAVE FXRSTOR and their 64-bit forms (SDM volume 2; volume 1, 10.5.1). MXCSR and the XMM registers are part of it where the system has said that it keeps them
/// (CR4.OSFXSR); the 64-bit form of the pointers comes with REX.W.
/// </summary>
internal static unsafe class FastSave
{
    private const ulong Alignment = 15;
    private const int Narrow = 0, Wide = 1;

    public static bool BindSave(ref BindContext b) => Bind(ref b, &Save, Narrow);
    public static bool BindSave64(ref BindContext b) => Bind(ref b, &Save, Wide);
    public static bool BindRestore(ref BindContext b) => Bind(ref b, &Restore, Narrow);
    public static bool BindRestore64(ref BindContext b) => Bind(ref b, &Restore, Wide);

    private static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler, int format)
    {
        b.Target->Immediate = format;
        b.BindMemory();
        b.Target->Handler = handler;
        return true;
    }

    [SkipLocalsInit]
    private static Outcome Save(Core* c, DecodedInstruction* i)
    {
        byte* image = stackalloc byte[SavedState.LegacySize];
        if (!TryPlace(c, i, write: true, out ulong at))
            return Outcome.Stop;
        SavedState.PutX87(c, image, i->Immediate == Wide);
        bool sse = HasSse(c);
        int vectors = 0;
        if (sse)
        {
            SavedState.PutMxcsr(c, image);
            vectors = SavedState.PutXmm(c, image);
        }
        const int stack = SavedState.XmmAt - SavedState.StackAt;
        bool done = SavedState.TryStore(c, at, image, 0, sse ? SavedState.StackAt : SavedState.MxcsrAt)
            && SavedState.TryStore(c, at, image, SavedState.StackAt, stack) && SavedState.TryStore(c, at, image, SavedState.XmmAt, vectors);
        return done ? Outcome.Next : Outcome.Stop;
    }

    [SkipLocalsInit]
    private static Outcome Restore(Core* c, DecodedInstruction* i)
    {
        byte* image = stackalloc byte[SavedState.LegacySize];
        if (!TryPlace(c, i, write: false, out ulong at) || !SavedState.TryLoad(c, at, image, 0, SavedState.LegacySize))
            return Outcome.Stop;
        if (HasSse(c))
        {
            uint mxcsr = *(uint*)(image + SavedState.MxcsrAt);
            if ((mxcsr & ~Mxcsr.Defined) != 0)
                return Fault.GeneralProtection(c);
            c->State.Mxcsr = mxcsr;
            SavedState.TakeXmm(c, image);
        }
        SavedState.TakeX87(c, image, i->Immediate == Wide);
        return Outcome.Next;
    }

    private static bool HasSse(Core* c) => (c->State.Cr4 & Cr4.Osfxsr) != 0 && Exits.Model(c).Has(CpuFeature.Sse);

    /// <summary>The image's linear address, once nothing can go wrong any more: #NM, then #GP(0) where it is not aligned, then what its pages say.</summary>
    private static bool TryPlace(Core* c, DecodedInstruction* i, bool write, out ulong linear)
    {
        linear = 0;
        if (!X87.IsReady(c, waits: false) || !AddressChecked.TryLinear(c, i, SavedState.LegacySize, write, out linear))
            return false;
        if ((linear & Alignment) == 0)
            return MemoryUnit.Probe(c, linear, SavedState.LegacySize, write);
        Fault.GeneralProtection(c);
        return false;
    }
}
