using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// MOV to and from segment registers, PUSH and POP of them, LDS LES LFS LGS LSS (SDM volume 2; checks of volume 3, 5.4 and 5.7). A load of
/// SS by MOV or
/// POP holds interrupts off until the instruction after it has completed (volume 3, 6.8.3).
/// </summary>
internal static unsafe class SegmentMoves
{
    /// <summary>MOV Sreg, r/m16.</summary>
    public static bool BindLoad(ref BindContext b)
    {
        if (!BindSegment(ref b, b.Source.Op0Register) || b.Source.Op0Register == Register.CS)
            return false;
        b.Target->Handler = SystemOperands.BindSource(ref b, 1) ? &Load<RegisterWord> : &Load<MemoryWord>;
        return true;
    }

    /// <summary>MOV r/m, Sreg.</summary>
    public static bool BindStore(ref BindContext b)
    {
        if (!BindSegment(ref b, b.Source.Op1Register))
            return false;
        b.Target->Handler = SystemOperands.BindDestination(ref b, 0) switch
        {
            0 => &Store<ToMemory>,
            2 => &Store<ToRegister<ushort>>,
            4 => &Store<ToRegister<uint>>,
            _ => &Store<ToRegister<ulong>>,
        };
        return true;
    }

    /// <summary>PUSH Sreg.</summary>
    public static bool BindPush(ref BindContext b)
    {
        b.Target->Handler = &Push;
        b.Target->Displacement = StackWidth(ref b);
        return BindSegment(ref b, b.Source.Op0Register);
    }

    /// <summary>POP Sreg.</summary>
    public static bool BindPop(ref BindContext b)
    {
        b.Target->Handler = &Pop;
        b.Target->Displacement = StackWidth(ref b);
        return BindSegment(ref b, b.Source.Op0Register) && b.Source.Op0Register != Register.CS;
    }

    /// <summary>LDS, LES, LFS, LGS, LSS: register, far pointer in memory.</summary>
    public static bool BindFarPointer(ref BindContext b)
    {
        if (b.IsRegister(1))
            return false;
        b.Target->Destination = b.RegisterSlot(0);
        b.BindMemory();
        b.Target->Immediate = (long)(b.Source.Mnemonic switch
        {
            Mnemonic.Lds => SegmentIndex.Ds,
            Mnemonic.Les => SegmentIndex.Es,
            Mnemonic.Lfs => SegmentIndex.Fs,
            Mnemonic.Lgs => SegmentIndex.Gs,
            _ => SegmentIndex.Ss,
        });
        b.Target->Handler = b.Source.Op0Register.GetSize() switch
        {
            2 => &FarPointer<ushort>,
            4 => &FarPointer<uint>,
            _ => &FarPointer<ulong>,
        };
        return true;
    }

    private static bool BindSegment(ref BindContext b, Register register)
    {
        if (register is < Register.ES or > Register.GS)
            return false;
        b.Target->Immediate = register - Register.ES;
        return true;
    }

    private static int StackWidth(ref BindContext b) => b.Mode.CodeBits == 64 && b.OperandSize != 2 ? 8 : b.OperandSize;

    private static Outcome Load<TSource>(Core* c, DecodedInstruction* i) where TSource : struct, IWordSource
    {
        if (!TSource.TryRead(c, i, out ushort selector))
            return Outcome.Stop;
        return LoadAndGoOn(c, i, (SegmentIndex)i->Immediate, selector, shadow: true);
    }

    private static Outcome Store<TDestination>(Core* c, DecodedInstruction* i) where TDestination : struct, ISystemDestination =>
        TDestination.TryWrite(c, i, c->State.SegmentSelector[i->Immediate]) ? Outcome.Next : Outcome.Stop;

    private static Outcome Push(Core* c, DecodedInstruction* i)
    {
        StackCursor stack = StackCursor.Current(c);
        if (!stack.Push(i->Displacement, c->State.SegmentSelector[i->Immediate]))
            return Outcome.Stop;
        stack.Commit();
        return Outcome.Next;
    }

    private static Outcome Pop(Core* c, DecodedInstruction* i)
    {
        StackCursor stack = StackCursor.Current(c);
        if (!stack.Pop(i->Displacement, out ulong selector))
            return Outcome.Stop;
        Outcome outcome = LoadAndGoOn(c, i, (SegmentIndex)i->Immediate, (ushort)selector, shadow: true);
        if (outcome != Outcome.Stop)
            stack.Commit();
        return outcome;
    }

    private static Outcome FarPointer<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        if (!AddressChecked.TryLinear(c, i, sizeof(T) + 2, write: false, out ulong linear)
            || !GuestAccess.Read(c, linear, out T offset) || !GuestAccess.Read(c, linear + (uint)sizeof(T), out ushort selector))
            return Outcome.Stop;
        Outcome outcome = LoadAndGoOn(c, i, (SegmentIndex)i->Immediate, selector, shadow: false);
        if (outcome != Outcome.Stop)
            Reg.Set(c, i->Destination, offset);
        return outcome;
    }

    private static Outcome LoadAndGoOn(Core* c, DecodedInstruction* i, SegmentIndex segment, ushort selector, bool shadow)
    {
        ref CpuState s = ref c->State;
        int n = (int)segment;
        (ulong segmentBase, uint limit, uint attributes) = (s.SegmentBase[n], s.SegmentLimit[n], s.SegmentAttributes[n]);
        if (!SegmentRegister.TryLoad(c, segment, selector))
            return Outcome.Stop;
        if (segment == SegmentIndex.Ss && shadow)
            s.Interruptibility |= InterruptibilityState.BlockedByMovSs;
        else if (segment >= SegmentIndex.Fs
            || (segmentBase == s.SegmentBase[n] && limit == s.SegmentLimit[n] && attributes == s.SegmentAttributes[n]))
            return OperatingMode.GoOn(c, i);
        return OperatingMode.Serialize(c, i);
    }
}
