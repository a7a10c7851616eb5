namespace ReplayVmm.Processor;

/// <summary>
/// The x87 register stack and its exceptions (SDM volume 1, 8.1 and 8.5). Unmasked exceptions are reported by the next waiting
/// instruction as #MF; there is no external
/// interrupt 13, so CR0.NE makes no difference.
/// </summary>
internal static unsafe class X87
{
    private const ushort Summary = 0x8080, ConditionOne = 0x200;
    private const int TopShift = 11;

    /// <summary>The four condition bits C3, C2, C1, C0 in their places.</summary>
    public const ushort Conditions = 0x4700;

    /// <summary>Whether an x87 instruction may run: #NM while CR0 says so, #MF where an exception waits.</summary>
    public static bool IsReady(Core* c, bool waits = true)
    {
        if ((c->State.Cr0 & (Cr0.Em | Cr0.Ts)) != 0)
            Fault.Raise(c, Vector.Nm);
        else if (waits && (c->State.FpStatus & 0x80) != 0)
            Fault.Raise(c, Vector.Mf);
        else
            return true;
        return false;
    }

    /// <summary>Number of the register on top.</summary>
    public static int Top(Core* c) => (c->State.FpStatus >> TopShift) & 7;

    /// <summary>Physical number of ST(<paramref name="index"/>).</summary>
    public static int Physical(Core* c, int index) => (Top(c) + index) & 7;

    /// <summary>True where ST(<paramref name="index"/>) is empty.</summary>
    public static bool IsEmpty(Core* c, int index) => (c->State.FpTags & (1 << Physical(c, index))) == 0;

    /// <summary>ST(<paramref name="index"/>) as it stands, empty or not.</summary>
    public static Float80 Raw(Core* c, int index)
    {
        int n = Physical(c, index);
        return new Float80(c->State.FpSignExponent[n], c->State.FpSignificand[n]);
    }

    /// <summary>Writes ST(<paramref name="index"/>), which is not empty afterwards.</summary>
    public static void Set(Core* c, int index, Float80 value)
    {
        int n = Physical(c, index);
        c->State.FpSignExponent[n] = value.SignExponent;
        c->State.FpSignificand[n] = value.Significand;
        c->State.FpTags |= (ushort)(1 << n);
    }

    /// <summary>
    /// ST(<paramref name="index"/>) as an operand: an empty one is a stack underflow, whose masked result is the indefinite NaN.
    /// </summary>
    public static bool TryGet(Core* c, ref FloatContext x, int index, out Float80 value)
    {
        value = Raw(c, index);
        if (!IsEmpty(c, index))
            return true;
        x.FaultStack();
        value = Float80.Indefinite;
        return false;
    }

    /// <summary>Moves the top by <paramref name="by"/>.</summary>
    public static void Rotate(Core* c, int by) =>
        c->State.FpStatus = (ushort)((c->State.FpStatus & ~(7 << TopShift)) | (((Top(c) + by) & 7) << TopShift));

    /// <summary>Empties ST(0) and makes ST(1) the top.</summary>
    public static void Pop(Core* c)
    {
        c->State.FpTags &= (ushort)~(1 << Top(c));
        Rotate(c, 1);
    }

    /// <summary>
    /// Pushes a value that <paramref name="x"/> reports on; on a full stack, the indefinite NaN (or nothing, where invalid operations are
    /// not masked).
    /// </summary>
    public static void Push(Core* c, ref FloatContext x, Float80 value)
    {
        if (!CheckRoom(c, ref x))
            value = Float80.Indefinite;
        PushUnchecked(c, x, value);
    }

    /// <summary>
    /// Pushes a value whose stack fault, if there is one, is already in <paramref name="x"/>. A denormal that is widened is pushed even where that exception is not masked:
    /// the value is no longer one.
    /// </summary>
    public static void PushUnchecked(Core* c, in FloatContext x, Float80 value)
    {
        Commit(c, x);
        if ((x.Unmasked & FloatContext.Invalid) != 0)
            return;
        Rotate(c, -1);
        Set(c, 0, value);
    }

    /// <summary>Whether a value can be pushed; a full stack is a stack overflow, which C1 tells from underflow.</summary>
    public static bool CheckRoom(Core* c, ref FloatContext x)
    {
        if (IsEmpty(c, 7))
            return true;
        x.FaultStack();
        x.RoundedUp = true;
        return false;
    }

    /// <summary>Takes an operation's exceptions into the status word.</summary>
    /// <returns>False where the result must not be stored: an invalid operation, a division by zero or a denormal operand that is not
    /// masked.</returns>
    public static bool Commit(Core* c, in FloatContext x) => Commit(c, x, ConditionOne);

    /// <summary>The same for instructions that leave C1 alone unless the stack is at fault.</summary>
    public static bool CommitKeepingC1(Core* c, in FloatContext x) =>
        Commit(c, x, (x.Exceptions & FloatContext.StackFault) != 0 ? ConditionOne : (ushort)0);

    private static bool Commit(Core* c, in FloatContext x, ushort clear)
    {
        ref ushort status = ref c->State.FpStatus;
        int exceptions = x.Exceptions, unmasked = x.Unmasked;
        bool roundedUp = x.RoundedUp;
        if ((unmasked & FloatContext.BeforeOperation) != 0)
        {
            // The operation does not take place, so that nothing can be said of its result.
            exceptions &= FloatContext.BeforeOperation | FloatContext.StackFault;
            roundedUp &= (exceptions & FloatContext.StackFault) != 0;
        }
        status = (ushort)((status & ~clear) | exceptions | (roundedUp ? ConditionOne : 0));
        if (unmasked != 0)
            status |= Summary;
        return (unmasked & FloatContext.BeforeOperation) == 0;
    }

    /// <summary>The same for a store to memory, which does not happen where an overflow or underflow is not masked either.</summary>
    public static bool MayStore(in FloatContext x) => (x.Unmasked & ~FloatContext.Precision) == 0;

    /// <summary>Notes which instruction it is and where it stands, for an exception handler to read (SDM volume 1, 8.1.8 and 8.1.9).</summary>
    public static void Note(Core* c, DecodedInstruction* i)
    {
        c->State.FpInstruction = OperatingMode.Here(c, i);
        c->State.FpCodeSelector = c->State.SegmentSelector[(int)SegmentIndex.Cs];
        c->State.FpOpcode = X87Operand.Opcode(i);
    }

    /// <summary>The same for an instruction with a memory operand, which is noted too.</summary>
    public static void NoteMemory(Core* c, DecodedInstruction* i)
    {
        Note(c, i);
        c->State.FpData = AddressChecked.Effective(c, i);
        c->State.FpDataSelector = c->State.SegmentSelector[(int)X87Operand.Segment(i)];
    }

    /// <summary>The summary bits follow the exceptions and their masks.</summary>
    public static void UpdateSummary(Core* c)
    {
        bool waiting = (c->State.FpStatus & ~c->State.FpControl & 0x3F) != 0;
        c->State.FpStatus = (ushort)(waiting ? c->State.FpStatus | Summary : c->State.FpStatus & ~Summary);
    }

    /// <summary>Sets C3, C2, C0 and leaves C1 clear.</summary>
    public static void SetConditions(Core* c, int bits) => c->State.FpStatus = (ushort)((c->State.FpStatus & ~Conditions) | bits);
}
