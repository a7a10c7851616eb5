using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>How the memory operand's linear address is computed; chosen at decode, compiled into the handler.</summary>
internal enum AddressForm
{
    /// <summary>64-bit addresses, no limits (<see cref="Address64"/>).</summary>
    Long,
    /// <summary>32-bit addresses in a flat segment (<see cref="AddressFlat"/>).</summary>
    Flat,
    /// <summary>Everything else, checked (<see cref="AddressChecked"/>).</summary>
    Checked,
}

/// <summary>
/// What a family's binder gets: the instruction as Iced decoded it, the mode it was decoded in, and the compact form to fill. It chooses the
/// handler. Offset, Ordinal, Length and Flags are filled before the binder is called.
/// </summary>
internal unsafe ref struct BindContext
{
    /// <summary>As Iced decoded it; its IP is the offset from the block's first address (so near-branch targets are relative to it).</summary>
    public Instruction Source;
    /// <summary>The compact form.</summary>
    public DecodedInstruction* Target;
    /// <summary>The instruction's first byte.</summary>
    public byte* Code;
    /// <summary>The mode of the block.</summary>
    public ModeKey Mode;

    /// <summary>Effective operand size in bytes of general operations: 2, 4 or 8 (prefixes and REX.W applied).</summary>
    public readonly int OperandSize => 2 << ((int)(Target->Flags & InstructionFlags.OperandMask) >> 5);

    /// <summary>Slot of register operand <paramref name="operand"/>.</summary>
    public readonly byte RegisterSlot(int operand) => SlotOf(Source.GetOpRegister(operand));

    /// <summary>True where operand <paramref name="operand"/> is a register.</summary>
    public readonly bool IsRegister(int operand) => Source.GetOpKind(operand) == OpKind.Register;

    /// <summary>True where operand <paramref name="operand"/> is an explicit memory operand.</summary>
    public readonly bool IsMemory(int operand) => Source.GetOpKind(operand) == OpKind.Memory;

    /// <summary>Slot of a general register of any width.</summary>
    public static byte SlotOf(Register register)
    {
        if (register is >= Register.AH and <= Register.BH)
            return Slot.HighByte(register - Register.AH);
        Register full = register.GetFullRegister();
        return full == Register.None ? Slot.Zero : Slot.Gpr(full - Register.RAX);
    }

    /// <summary>Fills base, index, scale, segment and displacement from the memory operand and says how the address is computed.</summary>
    public AddressForm BindMemory()
    {
        bool ripRelative = Source.MemoryBase is Register.RIP or Register.EIP;
        Target->Base = ripRelative ? Slot.Rip : SlotOf(Source.MemoryBase);
        Target->Index = SlotOf(Source.MemoryIndex);
        Target->Scale = (byte)System.Numerics.BitOperations.TrailingZeroCount(Source.MemoryIndexScale);
        // Iced gives a RIP-relative displacement as the target address, and its IP counts from the block's start: exactly what the Rip slot needs.
        Target->Displacement = (int)Source.MemoryDisplacement64;
        var segment = (SegmentIndex)(Source.MemorySegment - Register.ES);
        bool longMode = Mode.CodeBits == 64;
        Target->Segment = longMode && segment < SegmentIndex.Fs ? Slot.Zero : Slot.SegmentBase(segment);
        // In 64-bit mode the overrides of ES, CS, SS and DS are passed over (SDM volume 1, 3.3.7.1): the base register alone makes it the stack.
        bool stack = !longMode ? segment == SegmentIndex.Ss
            : segment < SegmentIndex.Fs && Source.MemoryBase.GetFullRegister() is Register.RSP or Register.RBP;
        if (stack)
            Target->Flags |= InstructionFlags.StackSegment;
        var size = Target->Flags & InstructionFlags.AddressMask;
        if (longMode)
            return size == InstructionFlags.Address64 ? AddressForm.Long : AddressForm.Checked;
        bool flat = Mode.Flat && size == InstructionFlags.Address32 && (segment is SegmentIndex.Ds or SegmentIndex.Es or SegmentIndex.Ss);
        return flat ? AddressForm.Flat : AddressForm.Checked;
    }
}
