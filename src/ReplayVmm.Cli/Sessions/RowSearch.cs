using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>Finds rows by position without reading what is between.</summary>
internal static class RowSearch
{
    /// <summary>The version of the row that holds <paramref name="position"/>; the last where it lies beyond, 1 where there are no rows.</summary>
    /// <exception cref="LogException">A row is damaged.</exception>
    public static long VersionAt(IEventLog log, SessionInfo session, ulong position)
    {
        long low = 1;
        long high = Math.Max(1, session.Version);
        while (low < high)
        {
            long middle = low + ((high - low + 1) / 2);
            if (FirstPosition(log, session, middle) <= position)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private static ulong FirstPosition(IEventLog log, SessionInfo session, long version)
    {
        foreach (LogRow row in log.Read(session.Id, version))
            return RowHeader.Of(row).FirstPosition;
        return ulong.MaxValue;
    }
}
