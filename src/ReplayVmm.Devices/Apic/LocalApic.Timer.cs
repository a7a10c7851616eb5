namespace ReplayVmm.Devices;

/// <content>
/// The timer (SDM volume 3, section 11.5.4). Its bus clock runs at exactly 1 GHz of virtual time, so one undivided tick is one nanosecond. The count
/// is not stepped: it is where it stood and since when.
/// </content>
public sealed partial class LocalApic
{
    /// <summary>Frequency of the timer's bus clock before the divider, Hz.</summary>
    public const ulong TimerHertz = 1_000_000_000;

    private const uint TimerModeMask = 0x6_0000, Periodic = 0x2_0000, TscDeadlineMode = 0x4_0000;

    /// <inheritdoc/>
    public ulong Deadline => state.Deadline;

    private uint TimerEntry => state.Lvt[LocalVectorTable.Timer];

    private bool InTscDeadlineMode => (TimerEntry & TimerModeMask) is TscDeadlineMode or TimerModeMask;

    private bool InPeriodicMode => (TimerEntry & TimerModeMask) == Periodic;

    /// <summary>Nanoseconds to a count: 1, 2, 4, ... 128.</summary>
    private ulong Divider => 1ul << (int)((((state.DivideConfiguration & 3) | ((state.DivideConfiguration >> 1) & 4)) + 1) & 7);

    private uint CurrentCount
    {
        get
        {
            if (InTscDeadlineMode)
                return 0;
            ulong ticks = (clock.Now - state.TimerStart) / Divider;
            if (ticks < state.TimerCount)
                return state.TimerCount - (uint)ticks;
            if (!InPeriodicMode || state.InitialCount == 0 || state.TimerCount == 0)
                return 0;
            return state.InitialCount - (uint)((ticks - state.TimerCount) % state.InitialCount);
        }
    }

    /// <summary>Lets the timer expire if it is due. Periods that were missed are one interrupt, as they are in IRR.</summary>
    public void Advance()
    {
        ulong now = clock.Now;
        if (state.Deadline > now)
            return;
        if (InTscDeadlineMode)
        {
            state.TscDeadline = 0;
        }
        else
        {
            // Before the interrupt is accepted, because its acceptance looks at the clock again.
            Rebase(CurrentCount);
        }

        state.Deadline = ulong.MaxValue;
        if ((TimerEntry & Masked) == 0)
            AcceptFixed((byte)TimerEntry, levelTriggered: false);
        ArmTimer();
    }

    /// <summary>The timestamp counter was written or scaled: a TSC deadline now lies at another virtual time.</summary>
    public void TimestampChanged()
    {
        if (InTscDeadlineMode)
            ArmTimer();
    }

    /// <summary>Takes the present as the new origin. Divided ticks that have begun are kept by moving the origin back to their start.</summary>
    private void Rebase(uint count)
    {
        ulong now = clock.Now;
        state.TimerStart = now - ((now - state.TimerStart) % Divider);
        state.TimerCount = count;
    }

    private void ArmTimer()
    {
        ulong now = clock.Now;
        if (InTscDeadlineMode)
        {
            state.Deadline = state.TscDeadline == 0 ? ulong.MaxValue : TickRate.After(now, timestamp?.TimeOf(state.TscDeadline) ?? state.TscDeadline);
            return;
        }

        uint count = CurrentCount;
        // A periodic timer whose interrupt is masked, or waits in IRR already, changes nothing when it expires: it needs no deadline then,
        // and a guest that asks for a period of one nanosecond cannot stop the machine at every one.
        bool silent = InPeriodicMode && ((TimerEntry & Masked) != 0 || (byte)TimerEntry < FirstLegalVector || state.Request.Has((byte)TimerEntry));
        if (count == 0 || silent)
        {
            state.Deadline = ulong.MaxValue;
            return;
        }

        ulong begun = (now - state.TimerStart) % Divider;
        state.Deadline = TickRate.After(now, now - begun + (count * Divider));
    }

    private void WriteInitialCount(uint value)
    {
        if (InTscDeadlineMode)
            return;
        state.InitialCount = value;
        state.TimerCount = value;
        state.TimerStart = clock.Now;
        ArmTimer();
    }

    private void WriteDivide(uint value)
    {
        uint count = CurrentCount;
        state.DivideConfiguration = value;
        state.TimerStart = clock.Now;
        state.TimerCount = count;
        ArmTimer();
    }

    private void WriteTimerEntry(uint before, uint written)
    {
        const uint DeadlineBit = TscDeadlineMode;
        if (((before ^ written) & DeadlineBit) != 0)
        {
            // Entering or leaving TSC-deadline mode disarms the timer.
            state.TimerCount = 0;
            state.InitialCount = 0;
            state.TscDeadline = 0;
        }
        else
        {
            Rebase(CurrentCount);
        }

        state.Lvt[LocalVectorTable.Timer] = written;
        ArmTimer();
    }

    private void WriteTscDeadline(ulong value)
    {
        Advance();
        if (!InTscDeadlineMode)
            return;
        state.TscDeadline = value;
        ArmTimer();
        // A deadline in the past interrupts at once, not a nanosecond later.
        if (value != 0 && (timestamp?.TimeOf(value) ?? value) <= clock.Now)
        {
            state.Deadline = clock.Now;
            Advance();
        }
    }
}
