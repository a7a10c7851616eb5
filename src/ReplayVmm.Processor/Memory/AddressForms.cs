using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>How a memory operand's linear address is found; a type parameter of the handlers, so that each form is compiled on its own.</summary>
internal unsafe interface IAddress
{
    /// <summary>
    /// The linear address of the memory operand of <paramref name="i"/>, an access of <paramref name="size"/> bytes.
    /// False: #GP or #SS is pending (the segment does not allow the access).
    /// </summary>
    static abstract bool TryLinear(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear);

    /// <summary>The effective address alone (LEA, INVLPG, bit strings): no segment, no checks; cut to the address size.</summary>
    static abstract ulong Effective(Core* c, DecodedInstruction* i);
}

/// <summary>64-bit addresses: nothing but FS and GS adds a base, nothing has a limit; a non-canonical address never hits a fast translation.</summary>
internal readonly unsafe struct Address64 : IAddress
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLinear(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear)
    {
        linear = *(ulong*)((byte*)c + i->Segment) + Effective(c, i);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Effective(Core* c, DecodedInstruction* i) =>
        *(ulong*)((byte*)c + i->Base) + (*(ulong*)((byte*)c + i->Index) << i->Scale) + (ulong)(long)i->Displacement;
}

/// <summary>32-bit addresses in a segment that covers all 4 GiB and allows loads and stores.</summary>
internal readonly unsafe struct AddressFlat : IAddress
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLinear(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear)
    {
        linear = (uint)(*(uint*)((byte*)c + i->Segment) + (uint)Effective(c, i));
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Effective(Core* c, DecodedInstruction* i) =>
        *(uint*)((byte*)c + i->Base) + (*(uint*)((byte*)c + i->Index) << i->Scale) + (uint)i->Displacement;
}

/// <summary>Every other combination: 16-bit addresses, small or read-only segments, address-size prefixes; checked as the manual says.</summary>
internal readonly unsafe struct AddressChecked : IAddress
{
    public static bool TryLinear(Core* c, DecodedInstruction* i, int size, bool write, out ulong linear) =>
        Segmentation.TryLinear(c, i, Effective(c, i), size, write, out linear);

    public static ulong Effective(Core* c, DecodedInstruction* i)
    {
        ulong sum = *(ulong*)((byte*)c + i->Base) + (*(ulong*)((byte*)c + i->Index) << i->Scale) + (ulong)(long)i->Displacement;
        return Cut(i, sum);
    }

    /// <summary>Cuts an effective address to the address size.</summary>
    public static ulong Cut(DecodedInstruction* i, ulong effective) => (i->Flags & InstructionFlags.AddressMask) switch
    {
        InstructionFlags.Address64 => effective,
        InstructionFlags.Address32 => (uint)effective,
        _ => (ushort)effective,
    };
}
