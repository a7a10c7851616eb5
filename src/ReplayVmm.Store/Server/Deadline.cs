namespace ReplayVmm.Store;

/// <summary>Patience with a server that starts or a lock that another program holds: the door to waiting.</summary>
internal sealed class Deadline(TimeSpan patience)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly WallClock clock = new();
    private DateTimeOffset? end;

    /// <summary>Waits a moment.</summary>
    /// <returns>False, at once, where patience is at its end.</returns>
    public bool Wait()
    {
        end ??= clock.Now + patience;
        if (clock.Now > end)
            return false;
        Thread.Sleep(Pause);
        return true;
    }
}
