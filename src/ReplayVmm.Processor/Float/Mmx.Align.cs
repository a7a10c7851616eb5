namespace ReplayVmm.Processor;

/// <content>PALIGNR, which has three operands.</content>
internal static unsafe partial class Mmx
{
    public static bool BindAlign(ref BindContext b)
    {
        b.Target->Destination = Number(ref b, 0);
        b.Target->Immediate = (long)b.Source.GetImmediate(2);
        return BindSource(ref b, 1, &AlignRegister, &AlignMemory);
    }

    private static Outcome AlignRegister(Core* c, DecodedInstruction* i) => IsReady(c) ? Align(c, i, c->State.FpSignificand[i->Source]) : Outcome.Stop;

    private static Outcome AlignMemory(Core* c, DecodedInstruction* i) =>
        IsReady(c) && TryLoad<ulong>(c, i, out ulong value) ? Align(c, i, value) : Outcome.Stop;

    private static Outcome Align(Core* c, DecodedInstruction* i, ulong source) =>
        Write(c, i->Destination, MmxExtensions.AlignRight(c->State.FpSignificand[i->Destination], source, (byte)i->Immediate));
}
