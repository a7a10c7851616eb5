using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// What cases on far transfers in 64-bit mode have in common: a pointer in memory, which is the only way there, and a gate.
/// </summary>
internal static class FarTransfers
{
    /// <summary>Selectors for cases; both take a descriptor of 16 bytes.</summary>
    public const ushort Free = Selectors.Free, Target = Selectors.Free + 0x10;

    private const uint Pointer = Layout.Scratch + 0x100;

    /// <summary>Describes a 64-bit gate; the last 8 bytes of the GDT hold its lower half only.</summary>
    public static void CallGate(this CaseWriter c, byte access, ushort selector, ulong offset, byte parameters, ushort place = Free) =>
        c.Descriptor(place, DescriptorBits.Gate(access, selector, (uint)offset, parameters), place < 0xFF0 ? offset >> 32 : null);

    /// <summary>Writes the pointer for <see cref="GoFar"/>, its offset of <paramref name="size"/> bytes.</summary>
    public static void FarPointer(this CaseWriter c, int size, ushort selector, ulong offset)
    {
        c.PokeLong(Pointer, offset);
        c.A.mov(__word_ptr[Pointer + (uint)size], selector);
    }

    /// <summary>Far call or jump through the pointer.</summary>
    public static void GoFar(this CaseWriter c, bool call, int size)
    {
        var memory = new MemoryOperand(Register.None, Register.None, 1, Pointer, 4);
        c.A.AddInstruction(Instruction.Create(size switch
        {
            2 => call ? Code.Call_m1616 : Code.Jmp_m1616,
            4 => call ? Code.Call_m1632 : Code.Jmp_m1632,
            _ => call ? Code.Call_m1664 : Code.Jmp_m1664,
        }, memory));
    }
}
