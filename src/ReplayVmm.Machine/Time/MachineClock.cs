using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// Virtual time. It is counted in units, one an instruction, and shown in nanoseconds; a jump over idle time adds units without
/// instructions.
/// </summary>
public sealed class MachineClock : IVirtualClock
{
    /// <summary>
    /// Virtual nanoseconds that no machine lives to see (146 years): a deadline behind it never comes, so that sums of times do not wrap.
    /// </summary>
    internal const ulong EndOfTime = 1ul << 62;

    /// <summary>A clock at time 0.</summary>
    /// <param name="nanosecondsPerUnit">At least 1.</param>
    public MachineClock(ulong nanosecondsPerUnit)
    {
        ArgumentOutOfRangeException.ThrowIfZero(nanosecondsPerUnit);
        NanosecondsPerUnit = nanosecondsPerUnit;
    }

    /// <summary>Virtual nanoseconds that one instruction takes.</summary>
    public ulong NanosecondsPerUnit { get; }

    /// <summary>Time in units; the processor moves it.</summary>
    internal ulong Units;

    /// <inheritdoc/>
    public ulong Now => Units * NanosecondsPerUnit;

    /// <summary>The first unit at or after <paramref name="nanoseconds"/>; <see cref="ulong.MaxValue"/> stays.</summary>
    public ulong UnitsAt(ulong nanoseconds)
    {
        if (NanosecondsPerUnit == 1 || nanoseconds == ulong.MaxValue)
            return nanoseconds;
        (ulong units, ulong rest) = Math.DivRem(nanoseconds, NanosecondsPerUnit);
        return rest == 0 ? units : units + 1;
    }
}
