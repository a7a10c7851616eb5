namespace ReplayVmm.Processor;

/// <summary>
/// FXSAVE FXRSTOR and their 64-bit forms (SDM volume 2; volume 1, 10.5.1): the x87 part of the 512-byte image. Its control and status word of SSE and its XMM registers
/// are left alone, as processors do that have FXSR without SSE.
/// </summary>
internal static unsafe class X87FastSave
{
    private const int ImageBytes = 512, Alignment = 16, RegistersOffset = 32, RegisterBytes = 16;
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

    private static Outcome Save(Core* c, DecodedInstruction* i)
    {
        if (!TryPlace(c, i, write: true, out ulong at))
            return Outcome.Stop;
        ref CpuState s = ref c->State;
        bool wide = i->Immediate == Wide;
        ulong instruction = wide ? s.FpInstruction : (uint)s.FpInstruction | ((ulong)s.FpCodeSelector << 32);
        ulong data = wide ? s.FpData : (uint)s.FpData | ((ulong)s.FpDataSelector << 32);
        ulong first = s.FpControl | ((ulong)s.FpStatus << 16) | ((ulong)s.FpTags << 32) | ((ulong)s.FpOpcode << 48);
        bool done = GuestAccess.Write(c, at, first) && GuestAccess.Write(c, at + 8, instruction) && GuestAccess.Write(c, at + 16, data);
        for (int n = 0; n < 8 && done; n++)
        {
            Float80 value = X87.Raw(c, n);
            ulong place = at + RegistersOffset + (ulong)(n * RegisterBytes);
            done = GuestAccess.Write(c, place, value.Significand) && GuestAccess.Write(c, place + 8, (ulong)value.SignExponent);
        }
        return done ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome Restore(Core* c, DecodedInstruction* i)
    {
        if (!TryPlace(c, i, write: false, out ulong at) || !GuestAccess.Read(c, at, out ulong first) || !GuestAccess.Read(c, at + 8, out ulong instruction)
            || !GuestAccess.Read(c, at + 16, out ulong data))
            return Outcome.Stop;
        Span<ulong> significands = stackalloc ulong[8];
        Span<ushort> exponents = stackalloc ushort[8];
        for (int n = 0; n < 8; n++)
        {
            ulong place = at + RegistersOffset + (ulong)(n * RegisterBytes);
            if (!GuestAccess.Read(c, place, out significands[n]) || !GuestAccess.Read(c, place + 8, out exponents[n]))
                return Outcome.Stop;
        }
        ref CpuState s = ref c->State;
        bool wide = i->Immediate == Wide;
        (s.FpControl, s.FpStatus) = (X87Control.EffectiveControl((ushort)first), (ushort)(first >> 16));
        (s.FpTags, s.FpOpcode) = ((byte)(first >> 32), (ushort)((first >> 48) & X87Environment.OpcodeMask));
        (s.FpInstruction, s.FpCodeSelector) = wide ? (instruction, (ushort)0) : ((uint)instruction, (ushort)(instruction >> 32));
        (s.FpData, s.FpDataSelector) = wide ? (data, (ushort)0) : ((uint)data, (ushort)(data >> 32));
        for (int n = 0; n < 8; n++)
        {
            int physical = X87.Physical(c, n);
            (s.FpSignExponent[physical], s.FpSignificand[physical]) = (exponents[n], significands[n]);
        }
        X87.UpdateSummary(c);
        return Outcome.Next;
    }

    /// <summary>The image's linear address, once nothing can go wrong any more: #NM, then #GP(0) where it is not aligned, then what its pages say.</summary>
    private static bool TryPlace(Core* c, DecodedInstruction* i, bool write, out ulong linear)
    {
        linear = 0;
        if (!X87.IsReady(c, waits: false) || !AddressChecked.TryLinear(c, i, ImageBytes, write, out linear))
            return false;
        if ((linear & (Alignment - 1)) == 0)
            return MemoryUnit.Probe(c, linear, ImageBytes, write);
        Fault.GeneralProtection(c);
        return false;
    }
}
