namespace ReplayVmm.Store;

/// <summary>The store's door to the time of day: it stamps rows and never reaches a guest.</summary>
internal sealed class WallClock(TimeProvider? source = null)
{
    private readonly TimeProvider source = source ?? TimeProvider.System;

    /// <summary>Now, UTC.</summary>
    public DateTimeOffset Now => source.GetUtcNow();
}
