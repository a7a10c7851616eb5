using System.Globalization;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>The process that PostgreSQL's pid file names.</summary>
internal sealed class ServerProcess(string pidFile)
{
    /// <summary>The server's process where the file names a living PostgreSQL, otherwise null.</summary>
    public int? Live => InFile is { } process && NameOf(process) is { } name && IsPostgres(name) ? process : null;

    /// <summary>
    /// Refuses a pid file that names a living process which is not PostgreSQL: the machine was restarted and gave the number to another.
    /// PostgreSQL would refuse as well, with less to go by.
    /// </summary>
    public void RefuseStale()
    {
        if (InFile is { } process && NameOf(process) is { } name && !IsPostgres(name))
        {
            throw new LogException(
                LogTrouble.Unavailable,
                $"the lock file {pidFile} is stale: its process {process} is {name}, not PostgreSQL; delete the file and try again");
        }
    }

    private int? InFile
    {
        get
        {
            try
            {
                string? line = File.ReadLines(pidFile).FirstOrDefault();
                return int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    private static bool IsPostgres(string name) => name is "postgres" or "postmaster";

    private static string? NameOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm").Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
