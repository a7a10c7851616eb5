using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// When vector instructions may run (SDM volume 2, 2.4; volume 3, 13.1 and 13.5), and what becomes of the exceptions that they report.
/// </summary>
internal static unsafe class VectorGate
{
    /// <summary>The bits of XCR0 that AVX needs: SSE and AVX state.</summary>
    public const ulong AvxState = 6;

    /// <summary>SSE: #UD under CR0.EM or without CR4.OSFXSR, #NM under CR0.TS.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSseReady(Core* c) =>
        ((c->State.Cr0 & (Cr0.Em | Cr0.Ts)) | (~c->State.Cr4 & Cr4.Osfxsr)) == 0 || Refuse(c, (c->State.Cr0 & Cr0.Em) == 0 && (c->State.Cr4 & Cr4.Osfxsr) != 0);

    /// <summary>AVX: #UD without CR4.OSXSAVE or with SSE or AVX state off in XCR0, #NM under CR0.TS. CR0.EM and CR4.OSFXSR do not matter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAvxReady(Core* c) =>
        ((c->State.Cr0 & Cr0.Ts) | (~c->State.Cr4 & Cr4.Osxsave) | (~c->State.Xcr0 & AvxState)) == 0
        || Refuse(c, (c->State.Cr4 & Cr4.Osxsave) != 0 && (c->State.Xcr0 & AvxState) == AvxState);

    /// <summary>
    /// Takes an instruction's floating-point exceptions into MXCSR. False: one is not masked, #XM (without CR4.OSXMMEXCPT, #UD) is pending and the instruction must not
    /// write its result.
    /// </summary>
    public static bool Commit(Core* c, int exceptions)
    {
        if (exceptions == 0)
            return true;
        int unmasked = exceptions & ~(int)(c->State.Mxcsr >> 7) & FloatContext.AllExceptions;
        // An operation that does not take place has no result of which more could be said (SDM volume 1, 11.5.1).
        if ((unmasked & FloatContext.BeforeOperation) != 0)
            exceptions &= FloatContext.BeforeOperation;
        c->State.Mxcsr |= (uint)exceptions & FloatContext.AllExceptions;
        if (unmasked == 0)
            return true;
        Fault.Raise(c, (c->State.Cr4 & Cr4.Osxmmexcpt) != 0 ? Vector.Xm : Vector.Ud);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Refuse(Core* c, bool exists)
    {
        Fault.Raise(c, exists ? Vector.Nm : Vector.Ud);
        return false;
    }
}
