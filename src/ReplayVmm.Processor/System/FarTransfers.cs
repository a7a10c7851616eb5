using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// JMP and CALL far, direct and through memory (SDM volume 2, JMP and CALL; volume 3, 5.8). What a selector turns out to name decides: code
/// here, gates in
/// <see cref="CallGates"/>, tasks in <see cref="TaskSwitch"/>.
/// </summary>
internal static unsafe class FarTransfers
{
    /// <summary>JMP ptr16:16, ptr16:32.</summary>
    public static bool BindJumpPointer(ref BindContext b)
    {
        BindPointer(ref b);
        b.Target->Handler = &JumpPointer;
        return true;
    }

    /// <summary>CALL ptr16:16, ptr16:32.</summary>
    public static bool BindCallPointer(ref BindContext b)
    {
        BindPointer(ref b);
        b.Target->Handler = &CallPointer;
        return true;
    }

    /// <summary>JMP m16:16, m16:32, m16:64.</summary>
    public static bool BindJumpMemory(ref BindContext b)
    {
        b.BindMemory();
        b.Target->Handler = &JumpMemory;
        return true;
    }

    /// <summary>CALL m16:16, m16:32, m16:64.</summary>
    public static bool BindCallMemory(ref BindContext b)
    {
        b.BindMemory();
        b.Target->Handler = &CallMemory;
        return true;
    }

    /// <summary>Bytes of the general operands of <paramref name="i"/>: 2, 4 or 8.</summary>
    public static int OperandSize(DecodedInstruction* i) => 2 << ((int)(i->Flags & InstructionFlags.OperandMask) >> 5);

    /// <summary>True where <paramref name="target"/> lies in <paramref name="code"/>; otherwise #GP(0) is pending.</summary>
    public static bool IsInside(Core* c, in Descriptor code, ulong target)
    {
        bool wide = OperatingMode.IsLong(c) && code.IsLong;
        if (wide ? OperatingMode.IsCanonical(target) : target <= code.Limit)
            return true;
        Fault.GeneralProtection(c);
        return false;
    }

    /// <summary>True where a code descriptor may be run in this mode: L and D are not both set in IA-32e mode.</summary>
    public static bool IsCodeHere(Core* c, in Descriptor code) => code.IsCode && !(OperatingMode.IsLong(c) && code.IsLong && code.IsBig);

    private static void BindPointer(ref BindContext b)
    {
        uint offset = b.Source.Op0Kind == OpKind.FarBranch16 ? b.Source.FarBranch16 : b.Source.FarBranch32;
        b.Target->Immediate = offset | ((long)b.Source.FarBranchSelector << 32);
    }

    private static Outcome JumpPointer(Core* c, DecodedInstruction* i) =>
        Transfer(c, i, (ushort)(i->Immediate >> 32), (uint)i->Immediate, call: false);

    private static Outcome CallPointer(Core* c, DecodedInstruction* i) =>
        Transfer(c, i, (ushort)(i->Immediate >> 32), (uint)i->Immediate, call: true);

    private static Outcome JumpMemory(Core* c, DecodedInstruction* i) =>
        TryReadPointer(c, i, out ushort selector, out ulong offset) ? Transfer(c, i, selector, offset, call: false) : Outcome.Stop;

    private static Outcome CallMemory(Core* c, DecodedInstruction* i) =>
        TryReadPointer(c, i, out ushort selector, out ulong offset) ? Transfer(c, i, selector, offset, call: true) : Outcome.Stop;

    private static bool TryReadPointer(Core* c, DecodedInstruction* i, out ushort selector, out ulong offset)
    {
        (selector, offset) = (0, 0);
        int size = OperandSize(i);
        if (!AddressChecked.TryLinear(c, i, size + 2, write: false, out ulong linear))
            return false;
        bool read;
        if (size == 2)
        {
            read = GuestAccess.Read(c, linear, out ushort narrow);
            offset = narrow;
        }
        else if (size == 4)
        {
            read = GuestAccess.Read(c, linear, out uint wide);
            offset = wide;
        }
        else
        {
            read = GuestAccess.Read(c, linear, out offset);
        }
        return read && GuestAccess.Read(c, linear + (uint)size, out selector);
    }

    private static Outcome Transfer(Core* c, DecodedInstruction* i, ushort selector, ulong target, bool call)
    {
        if (OperatingMode.IsRealOrVirtual8086(c))
            return TransferReal(c, i, selector, (uint)target, call);
        if (DescriptorTable.IsNull(selector))
            return Fault.GeneralProtection(c);
        if (!DescriptorTable.TryRead(c, selector, Vector.Gp, 0, out Descriptor d))
            return Outcome.Stop;
        if (!d.IsSystem)
            return TransferToCode(c, i, selector, d, target, call);
        bool longMode = OperatingMode.IsLong(c);
        int level = Math.Max(c->State.Cpl, selector & 3);
        bool known = longMode ? d.Type == Descriptor.CallGate32
            : d.Type is Descriptor.CallGate16 or Descriptor.CallGate32 or Descriptor.TaskGate or Descriptor.Tss16 or Descriptor.Tss32;
        if (!known || d.Dpl < level)
            return Refuse(c, Vector.Gp, selector);
        if (!d.IsPresent)
            return Refuse(c, Vector.Np, selector);
        return d.Type switch
        {
            Descriptor.CallGate16 or Descriptor.CallGate32 => CallGates.Enter(c, i, selector, d, call),
            Descriptor.TaskGate => TaskSwitch.FromInstruction(c, i, d.GateSelector, call ? TaskSwitchCause.Call : TaskSwitchCause.Jump),
            _ => TaskSwitch.FromInstruction(c, i, selector, call ? TaskSwitchCause.Call : TaskSwitchCause.Jump),
        };
    }

    private static Outcome TransferReal(Core* c, DecodedInstruction* i, ushort selector, uint target, bool call)
    {
        ref CpuState s = ref c->State;
        bool virtual8086 = OperatingMode.IsVirtual8086(c);
        if (target > (virtual8086 ? 0xFFFF : s.SegmentLimit[(int)SegmentIndex.Cs]))
            return Fault.GeneralProtection(c);
        if (call && !TryPushReturn(c, i))
            return Outcome.Stop;
        if (virtual8086)
            SegmentRegister.SetVirtual8086(c, SegmentIndex.Cs, selector);
        else
            SegmentRegister.SetReal(c, SegmentIndex.Cs, selector);
        return Arrive(c, target);
    }

    private static Outcome TransferToCode(Core* c, DecodedInstruction* i, ushort selector, in Descriptor code, ulong target, bool call)
    {
        int cpl = c->State.Cpl;
        bool allowed = code.IsConforming ? code.Dpl <= cpl : (selector & 3) <= cpl && code.Dpl == cpl;
        if (!IsCodeHere(c, code) || !allowed)
            return Refuse(c, Vector.Gp, selector);
        if (!code.IsPresent)
            return Refuse(c, Vector.Np, selector);
        if (!IsInside(c, code, target) || !DescriptorTable.SetAccessed(c, selector, code) || (call && !TryPushReturn(c, i)))
            return Outcome.Stop;
        SegmentRegister.Set(c, SegmentIndex.Cs, (ushort)((selector & ~3) | cpl), code);
        return Arrive(c, target);
    }

    /// <summary>Pushes CS and the return address with the instruction's operand size.</summary>
    private static bool TryPushReturn(Core* c, DecodedInstruction* i)
    {
        int size = OperandSize(i);
        StackCursor stack = StackCursor.Current(c);
        if (!stack.HasRoom(2, size) || !stack.Push(size, c->State.SegmentSelector[(int)SegmentIndex.Cs])
            || !stack.Push(size, OperatingMode.Next(c, i)))
            return false;
        stack.Commit();
        return true;
    }

    /// <summary>Goes on at <paramref name="target"/> in a code segment just loaded.</summary>
    public static Outcome Arrive(Core* c, ulong target)
    {
        c->State.Rip = target;
        Translations.ModeChanged(c);
        return Outcome.Serialize;
    }

    /// <summary>Makes a fault with a selector's error code pending.</summary>
    public static Outcome Refuse(Core* c, byte vector, ushort selector) => Fault.Raise(c, vector, selector & DescriptorTable.ErrorMask);
}
