using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>What a memory operand of an x87 instruction holds.</summary>
internal enum X87Format : byte
{
    None,
    Single,
    Double,
    Extended,
    Int16,
    Int32,
    Int64,
}

/// <summary>Operands of x87 instructions: where they stand in the decoded form, and how they come from memory and go there.</summary>
internal static unsafe class X87Operand
{
    private const int OpcodeShift = 32;

    /// <summary>
    /// Packs operation, register numbers, popping and the memory operand's format into the immediate of the decoded form.
    /// </summary>
    public static void Bind(ref BindContext b, int operation, bool pops)
    {
        int first = 0, second = 0, segment = 0;
        X87Format format = X87Format.None;
        for (int n = 0; n < b.Source.OpCount; n++)
        {
            if (b.IsMemory(n))
            {
                format = FormatOf(b.Source.MemorySize);
                b.BindMemory();
                segment = b.Source.MemorySegment - Register.ES;
            }
            else if (b.IsRegister(n) && b.Source.GetOpRegister(n) is >= Register.ST0 and <= Register.ST7)
            {
                int number = b.Source.GetOpRegister(n) - Register.ST0;
                (first, second) = n == 0 ? (number, second) : (first, number);
            }
        }
        int packed = operation | (first << 8) | (second << 12) | ((pops ? 1 : 0) << 16) | ((int)format << 20) | (segment << 24);
        b.Target->Immediate = (uint)packed | ((long)Opcode(b.Code) << OpcodeShift);
    }

    /// <summary>
    /// The 11 bits that name an instruction to exception handlers (SDM volume 1, 8.1.9): three of the first opcode byte, which is the first that is no prefix, and the second.
    /// </summary>
    private static int Opcode(byte* code)
    {
        while ((*code & 0xF8) != 0xD8)
            code++;
        return ((*code & 7) << 8) | code[1];
    }

    /// <summary>Which operation of its family.</summary>
    public static int Operation(DecodedInstruction* i) => (int)i->Immediate & 0xFF;
    /// <summary>The first register operand.</summary>
    public static int First(DecodedInstruction* i) => (int)(i->Immediate >> 8) & 7;
    /// <summary>The second register operand.</summary>
    public static int Second(DecodedInstruction* i) => (int)(i->Immediate >> 12) & 7;
    /// <summary>Whether the stack is popped afterwards.</summary>
    public static bool Pops(DecodedInstruction* i) => ((i->Immediate >> 16) & 1) != 0;
    /// <summary>What the memory operand holds; <see cref="X87Format.None"/> where there is none.</summary>
    public static X87Format Format(DecodedInstruction* i) => (X87Format)((i->Immediate >> 20) & 15);
    /// <summary>The memory operand's segment.</summary>
    public static SegmentIndex Segment(DecodedInstruction* i) => (SegmentIndex)((i->Immediate >> 24) & 7);
    /// <summary>The opcode as exception handlers see it.</summary>
    public static ushort Opcode(DecodedInstruction* i) => (ushort)(i->Immediate >> OpcodeShift);

    /// <summary>Loads the memory operand and widens it.</summary>
    public static bool TryLoad(Core* c, DecodedInstruction* i, ref FloatContext x, out Float80 value)
    {
        value = default;
        X87Format format = Format(i);
        if (!AddressChecked.TryLinear(c, i, SizeOf(format), write: false, out ulong linear))
            return false;
        uint middle = 0;
        ulong wide = 0;
        switch (format)
        {
            case X87Format.Single or X87Format.Int32:
                if (!GuestAccess.Read(c, linear, out middle))
                    return false;
                value = format == X87Format.Single ? FloatConversions.FromSingle(ref x, middle) : FloatConversions.FromInteger((int)middle);
                break;
            case X87Format.Double or X87Format.Int64:
                if (!GuestAccess.Read(c, linear, out wide))
                    return false;
                value = format == X87Format.Double ? FloatConversions.FromDouble(ref x, wide) : FloatConversions.FromInteger((long)wide);
                break;
            case X87Format.Extended:
                if (!GuestAccess.Read(c, linear, out wide) || !GuestAccess.Read(c, linear + 8, out ushort high))
                    return false;
                value = new Float80(high, wide);
                break;
            default:
                if (!GuestAccess.Read(c, linear, out ushort low))
                    return false;
                value = FloatConversions.FromInteger((short)low);
                break;
        }
        X87.NoteMemory(c, i);
        return true;
    }

    /// <summary>Checks that a store would succeed, so that nothing changes before it does.</summary>
    public static bool TryProbe(Core* c, DecodedInstruction* i, int size, out ulong linear) =>
        AddressChecked.TryLinear(c, i, size, write: true, out linear) && MemoryUnit.Probe(c, linear, size, write: true);

    /// <summary>Bytes of a format.</summary>
    public static int SizeOf(X87Format format) => format switch
    {
        X87Format.Single or X87Format.Int32 => 4,
        X87Format.Double or X87Format.Int64 => 8,
        X87Format.Extended => 10,
        _ => 2,
    };

    private static X87Format FormatOf(MemorySize size) => size switch
    {
        MemorySize.Float32 => X87Format.Single,
        MemorySize.Float64 => X87Format.Double,
        MemorySize.Float80 => X87Format.Extended,
        MemorySize.Int32 => X87Format.Int32,
        MemorySize.Int64 => X87Format.Int64,
        _ => X87Format.Int16,
    };
}
