namespace ReplayVmm.Processor;

/// <summary>CBW, CWDE, CDQE (SDM volume 2, CBW) and CWD, CDQ, CQO (SDM volume 2, CWD): sign extension within and beside the accumulator.</summary>
internal static unsafe class Convert
{
    public static bool BindCbw(ref BindContext b) => Handlers.Bind(ref b, &Widen<byte, ushort>);
    public static bool BindCwde(ref BindContext b) => Handlers.Bind(ref b, &Widen<ushort, uint>);
    public static bool BindCdqe(ref BindContext b) => Handlers.Bind(ref b, &Widen<uint, ulong>);
    public static bool BindCwd(ref BindContext b) => Handlers.Bind(ref b, &Spread<ushort>);
    public static bool BindCdq(ref BindContext b) => Handlers.Bind(ref b, &Spread<uint>);
    public static bool BindCqo(ref BindContext b) => Handlers.Bind(ref b, &Spread<ulong>);

    private static Outcome Widen<TFrom, TTo>(Core* c, DecodedInstruction* i) where TFrom : unmanaged where TTo : unmanaged
    {
        Reg.Set(c, GprSlot.Rax, Wide.Cut<TTo>((ulong)Wide.Sign(Reg.Get<TFrom>(c, GprSlot.Rax))));
        return Outcome.Next;
    }

    private static Outcome Spread<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        Reg.Set(c, GprSlot.Rdx, Wide.Cut<T>((ulong)(Wide.Sign(Reg.Get<T>(c, GprSlot.Rax)) >> 63)));
        return Outcome.Next;
    }
}
