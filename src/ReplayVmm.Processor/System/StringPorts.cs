using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// INS and OUTS, with REP (SDM volume 2). One exit an element; what memory may object to is checked before it, so that no device acts for
/// an instruction that then
/// faults. (VMX exits before a segment fault, 26.1.1; here the element's data must be at hand.)
/// </summary>
internal static unsafe class StringPorts
{
    /// <summary>INS m, DX.</summary>
    public static bool BindIns(ref BindContext b)
    {
        b.Target->Handler = b.Source.Mnemonic switch
        {
            Mnemonic.Insb => &Ins<byte>,
            Mnemonic.Insw => &Ins<ushort>,
            _ => &Ins<uint>,
        };
        return true;
    }

    /// <summary>OUTS DX, m.</summary>
    public static bool BindOuts(ref BindContext b)
    {
        b.Target->Immediate = b.Source.MemorySegment - Register.ES;
        b.Target->Handler = b.Source.Mnemonic switch
        {
            Mnemonic.Outsb => &Outs<byte>,
            Mnemonic.Outsw => &Outs<ushort>,
            _ => &Outs<uint>,
        };
        return true;
    }

    private static Outcome Ins<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        Repeat(c, i, sizeof(T), &InsElement<T>);

    private static Outcome Outs<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        Repeat(c, i, sizeof(T), &OutsElement<T>);

    private static Outcome Repeat(Core* c, DecodedInstruction* i, int size, delegate*<Core*, DecodedInstruction*, ushort, bool> element)
    {
        bool repeats = (i->Flags & (InstructionFlags.Rep | InstructionFlags.Repne)) != 0;
        ulong mask = AddressMask(i);
        if (repeats && (c->State.Gpr[1] & mask) == 0)
            return OperatingMode.GoOn(c, i);
        ushort port = (ushort)c->State.Gpr[2];
        if (!Ports.TryAllow(c, port, size))
            return Outcome.Stop;
        ulong most = TimeBudget.Remaining(c, i);
        for (ulong done = 0; ;)
        {
            if (!element(c, i, port))
            {
                TimeBudget.Spend(c, done);
                return Outcome.Stop;
            }
            done++;
            if (!repeats)
                return OperatingMode.GoOn(c, i);
            Step(c, i, 1, ulong.MaxValue);
            if ((c->State.Gpr[1] & mask) == 0)
            {
                TimeBudget.Spend(c, done - 1);
                return OperatingMode.GoOn(c, i);
            }
            if (done == most)
            {
                TimeBudget.Spend(c, done);
                return Outcome.Repeat;
            }
        }
    }

    private static bool InsElement<T>(Core* c, DecodedInstruction* i, ushort port) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ulong answer = ulong.MaxValue;
        if (!Segmentation.TryLinear(c, SegmentIndex.Es, c->State.Gpr[7] & AddressMask(i), sizeof(T), write: true, out ulong linear)
            || !MemoryUnit.Probe(c, linear, sizeof(T), write: true))
            return false;
        if (Ports.DoesExit(c, port, sizeof(T)))
        {
            VmExit exit = Access(i, port, sizeof(T), Ports.QualifyIn, linear, 0);
            if (!Exits.Ask(c, i, DeviceAccess.PortIn, port, sizeof(T), exit, out answer))
                return false;
        }
        if (!GuestAccess.Write(c, linear, T.CreateTruncating(answer)))
            return false;
        Step(c, i, 7, Distance(c, sizeof(T)));
        return true;
    }

    private static bool OutsElement<T>(Core* c, DecodedInstruction* i, ushort port) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        if (!Segmentation.TryLinear(c, (SegmentIndex)i->Immediate, c->State.Gpr[6] & AddressMask(i), sizeof(T), write: false, out ulong linear)
            || !GuestAccess.Read(c, linear, out T value))
            return false;
        if (Ports.DoesExit(c, port, sizeof(T)))
        {
            VmExit exit = Access(i, port, sizeof(T), 0, linear, ulong.CreateTruncating(value));
            if (!Exits.Ask(c, i, DeviceAccess.PortOut, port, sizeof(T), exit, out _))
                return false;
        }
        Step(c, i, 6, Distance(c, sizeof(T)));
        return true;
    }

    private static VmExit Access(DecodedInstruction* i, ushort port, int size, ulong direction, ulong linear, ulong data)
    {
        bool repeats = (i->Flags & (InstructionFlags.Rep | InstructionFlags.Repne)) != 0;
        ulong qualifiers = direction | Ports.QualifyString | (repeats ? Ports.QualifyRep : 0);
        return Ports.Access(i, port, size, qualifiers, data) with { GuestLinearAddress = linear };
    }

    private static ulong Distance(Core* c, int size) => (c->State.Rflags & Rflags.Df) != 0 ? (ulong)-size : (ulong)size;

    private static ulong AddressMask(DecodedInstruction* i) => (i->Flags & InstructionFlags.AddressMask) switch
    {
        InstructionFlags.Address64 => ulong.MaxValue,
        InstructionFlags.Address32 => uint.MaxValue,
        _ => 0xFFFF,
    };

    /// <summary>Adds to a register of the address size.</summary>
    private static void Step(Core* c, DecodedInstruction* i, int register, ulong by)
    {
        ref ulong value = ref c->State.Gpr[register];
        ulong mask = AddressMask(i);
        value = mask == 0xFFFF ? (value & ~mask) | ((value + by) & mask) : (value + by) & mask;
    }
}
