namespace ReplayVmm.Processor;

/// <summary>EDX:EAX, the pair that RDMSR, RDTSC, RDPMC and XGETBV answer in; the upper halves of RAX and RDX are cleared.</summary>
internal static unsafe class PairResult
{
    /// <summary>Writes the pair.</summary>
    public static void Finish(Core* c, DecodedInstruction* i, ulong result, bool valid)
    {
        c->State.Gpr[0] = (uint)result;
        c->State.Gpr[2] = result >> 32;
    }

    /// <summary>Reads the pair.</summary>
    public static ulong Read(Core* c) => (uint)c->State.Gpr[0] | (c->State.Gpr[2] << 32);
}
