namespace ReplayVmm.Store;

/// <summary>The store's door to the time of day: it stamps rows and never reaches a guest.</summary>
internal sealed class WallClock(TimeProvider? source = null)
{
    private readonly TimeProvider source = source ?? TimeProvider.System;

    /// <summary>Now, UTC, in whole microseconds: more than that PostgreSQL does not keep.</summary>
    public DateTimeOffset Now
    {
        get
        {
            DateTimeOffset now = source.GetUtcNow();
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        }
    }
}
