namespace ReplayVmm.Processor;

/// <summary>
/// Delivery of interrupts and exceptions through the IDT or the real-mode vector table (SDM volume 3, chapter 6; volume 2, INT n). Real
/// mode and the
/// choice of gate stand here; <c>Interruption.Protected.cs</c> and <c>Interruption.Long.cs</c> go through the gates.
/// </summary>
internal static unsafe partial class Interruption
{
    /// <summary>
    /// Delivers one event to the guest: RIP, CS, RFLAGS, stack as the manual says. <see cref="CpuState.Rip"/> must be exact (the return
    /// address for
    /// interrupts, traps and software interrupts; the faulting instruction for faults), and RFLAGS what goes on the stack (RF set for
    /// faults).
    /// </summary>
    /// <returns>
    /// True: delivered. False: delivery itself raised <see cref="Core.Pending"/>; no state has changed, or all of it (an exception led to a
    /// task whose segments are wrong), and the caller combines the two
    /// (contributory pairs make a double fault, then a triple fault).
    /// </returns>
    public static bool Deliver(Core* c, byte vector, InterruptionType type, bool hasErrorCode, uint errorCode)
    {
        bool software = type is InterruptionType.Software or InterruptionType.SoftwareException;
        var e = new Event(vector, software ? 0u : 1u, software, type == InterruptionType.HardwareException, hasErrorCode, errorCode, Flags.Materialize(c));
        bool delivered = OperatingMode.IsReal(c) ? DeliverReal(c, e)
            : OperatingMode.IsLong(c) ? DeliverLong(c, e)
            : DeliverProtected(c, e);
        if (!delivered)
            return false;
        if (vector == Vector.Db && !software)
            c->State.Dr7 &= ~DebugRegisterRules.Gd;
        Translations.ModeChanged(c);
        return true;
    }

    /// <summary>One event on its way.</summary>
    /// <param name="Vector">Vector.</param>
    /// <param name="External">The EXT bit of error codes: 0 for INT n, INT3 and INTO.</param>
    /// <param name="Software">The gate's DPL counts.</param>
    /// <param name="Exception">An exception that the processor raised.</param>
    /// <param name="HasErrorCode">An error code goes on the stack.</param>
    /// <param name="ErrorCode">The error code.</param>
    /// <param name="Flags">RFLAGS as it goes on the stack.</param>
    private readonly record struct Event(byte Vector, uint External, bool Software, bool Exception, bool HasErrorCode, uint ErrorCode, ulong Flags);

    private static bool DeliverReal(Core* c, in Event e)
    {
        ref CpuState s = ref c->State;
        if ((uint)(e.Vector * 4) + 3 > s.IdtLimit)
        {
            Fault.GeneralProtection(c);
            return false;
        }
        return EnterReal(c, s.IdtBase + (uint)(e.Vector * 4), e.Flags, Rflags.If | Rflags.Tf | Rflags.Ac | Rflags.Rf);
    }

    /// <summary>
    /// The 8086's way in: pushes 16-bit FLAGS, CS and IP and takes CS:IP from the far pointer at <paramref name="entry"/>. Virtual-8086
    /// mode goes this way
    /// too where INT n is redirected (SDM volume 3, 20.3.3).
    /// </summary>
    public static bool EnterReal(Core* c, ulong entry, ulong image, ulong cleared)
    {
        ref CpuState s = ref c->State;
        if (!MemoryUnit.ReadSystem(c, entry, out uint target))
            return false;
        StackCursor stack = StackCursor.Current(c);
        if (!stack.HasRoom(3, 2) || !stack.Push(2, image) || !stack.Push(2, s.SegmentSelector[(int)SegmentIndex.Cs]) || !stack.Push(2, s.Rip))
            return false;
        stack.Commit();
        ushort selector = (ushort)(target >> 16);
        if (OperatingMode.IsReal(c))
            SegmentRegister.SetReal(c, SegmentIndex.Cs, selector);
        else
            SegmentRegister.SetVirtual8086(c, SegmentIndex.Cs, selector);
        s.Rip = (ushort)target;
        s.Rflags &= ~cleared;
        return true;
    }

    private static bool RefuseGate(Core* c, byte vector, in Event e)
    {
        Fault.Raise(c, vector, ((uint)e.Vector * 8) | 2 | e.External);
        return false;
    }

    private static bool Refuse(Core* c, byte vector, ushort selector, in Event e)
    {
        Fault.Raise(c, vector, (selector & DescriptorTable.ErrorMask) | e.External);
        return false;
    }

    /// <summary>Flags after entry through a gate: an interrupt gate clears IF, both clear TF, NT, RF and VM.</summary>
    private static void EnterGate(Core* c, bool interruptGate)
    {
        ref CpuState s = ref c->State;
        s.Rflags &= ~(Rflags.Tf | Rflags.Nt | Rflags.Rf | Rflags.Vm | (interruptGate ? Rflags.If : 0));
    }
}
