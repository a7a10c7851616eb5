using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// What becomes of encodings that have no row in <see cref="InstructionTable"/>. The place of x87, MMX and SSE until they have rows: where the model shows them they
/// still raise #NM while CR0 says so, which is what a lazy context switch relies on (SDM volume 3, 2.5, tables 12-1 and 13-1).
/// </summary>
internal static unsafe class AbsentInstructions
{
    /// <summary>The handler for <paramref name="instruction"/>, which has no row, or whose feature the model does not show.</summary>
    public static delegate*<Core*, DecodedInstruction*, Outcome> HandlerFor(ref Instruction instruction, CpuModel model)
    {
        CpuFeature unit = Unit(ref instruction);
        if (unit == CpuFeature.Base || !model.Has(unit))
            return &InvalidOpcode;
        return unit == CpuFeature.Fpu ? &X87 : &Vector;
    }

    /// <summary>#UD.</summary>
    public static Outcome InvalidOpcode(Core* c, DecodedInstruction* i) => Fault.InvalidOpcode(c);

    /// <summary>#GP(0): the instruction is longer than 15 bytes.</summary>
    public static Outcome TooLong(Core* c, DecodedInstruction* i) => Fault.GeneralProtection(c);

    private static Outcome X87(Core* c, DecodedInstruction* i) =>
        (c->State.Cr0 & (Cr0.Em | Cr0.Ts)) != 0 ? Fault.Raise(c, Processor.Vector.Nm) : Fault.InvalidOpcode(c);

    private static Outcome Vector(Core* c, DecodedInstruction* i)
    {
        bool enabled = (c->State.Cr0 & Cr0.Em) == 0;
        return enabled && (c->State.Cr0 & Cr0.Ts) != 0 ? Fault.Raise(c, Processor.Vector.Nm) : Fault.InvalidOpcode(c);
    }

    private static CpuFeature Unit(ref Instruction instruction)
    {
        foreach (Iced.Intel.CpuidFeature feature in instruction.CpuidFeatures)
        {
            CpuFeature unit = feature switch
            {
                CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU287XL_ONLY or CpuidFeature.FPU387 or CpuidFeature.FPU387SL_ONLY => CpuFeature.Fpu,
                CpuidFeature.MMX => CpuFeature.Mmx,
                CpuidFeature.SSE => CpuFeature.Sse,
                CpuidFeature.SSE2 => CpuFeature.Sse2,
                CpuidFeature.SSE3 => CpuFeature.Sse3,
                CpuidFeature.SSSE3 => CpuFeature.Ssse3,
                CpuidFeature.SSE4_1 => CpuFeature.Sse41,
                CpuidFeature.SSE4_2 => CpuFeature.Sse42,
                _ => CpuFeature.Base,
            };
            if (unit != CpuFeature.Base)
                return unit;
        }
        return CpuFeature.Base;
    }
}
