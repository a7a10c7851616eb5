using System.Globalization;
using System.Text.RegularExpressions;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>One installation of PostgreSQL's server programs.</summary>
/// <param name="Directory">Where <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c> are.</param>
/// <param name="Major">The major version, which a cluster belongs to.</param>
public sealed partial record PostgresBinaries(string Directory, int Major)
{
    /// <summary>The oldest version whose features the schema uses.</summary>
    public const int OldestMajor = 14;

    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    /// <summary>
    /// All installations: those on the search path first, then those where distributions put them, newest first.
    /// </summary>
    public static IReadOnlyList<PostgresBinaries> FindAll(HostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var found = new List<PostgresBinaries>();
        string[] candidates =
        [
            .. environment.SearchPath.Split(':', StringSplitOptions.RemoveEmptyEntries),
            .. Versions(Path.Combine(environment.InstallDirectory, "lib", "postgresql"), "*"),
            .. Versions(environment.InstallDirectory, "pgsql-*"),
        ];
        foreach (string candidate in candidates)
        {
            if (Real(candidate) is { } directory && found.TrueForAll(b => b.Directory != directory) && MajorOf(directory) is { } major)
                found.Add(new PostgresBinaries(directory, major));
        }
        return found;
    }

    /// <summary>The installation for a new cluster, or the one that fits a cluster of <paramref name="major"/>.</summary>
    /// <exception cref="LogException">There is none; the message says how to get one.</exception>
    public static PostgresBinaries Find(HostEnvironment environment, int? major, string cluster)
    {
        IReadOnlyList<PostgresBinaries> all = FindAll(environment);
        if (all.Count == 0)
        {
            throw new LogException(
                LogTrouble.Unavailable,
                "PostgreSQL's server programs (initdb, pg_ctl, postgres) are neither on PATH nor in /usr/lib/postgresql/*/bin; "
                + "install them (apt-get install postgresql), or name a server with --database");
        }
        if (major is null)
        {
            return all.FirstOrDefault(b => b.Major >= OldestMajor) ?? throw new LogException(
                LogTrouble.Unavailable, $"PostgreSQL {all[0].Major} is too old; install version {OldestMajor} or later");
        }
        return all.FirstOrDefault(b => b.Major == major) ?? throw new LogException(
            LogTrouble.Unavailable,
            $"the data in {cluster} is PostgreSQL {major}'s, and only {string.Join(", ", all.Select(b => b.Major).Distinct())} is installed; "
            + $"install postgresql-{major}, or move the data with pg_upgrade");
    }

    /// <summary>The path of a program of this installation.</summary>
    public string Program(string name) => Path.Combine(Directory, name);

    private static IEnumerable<string> Versions(string parent, string pattern) => !System.IO.Directory.Exists(parent) ? [] :
        System.IO.Directory.EnumerateDirectories(parent, pattern)
            .OrderByDescending(d => int.TryParse(Digits().Match(Path.GetFileName(d)).Value, out int n) ? n : 0)
            .Select(d => Path.Combine(d, "bin"));

    /// <summary>Programs on the search path are often links: what counts is the directory where they all are.</summary>
    private static string? Real(string directory)
    {
        try
        {
            string initdb = Path.Combine(directory, Programs[0]);
            if (!File.Exists(initdb))
                return null;
            string target = File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(initdb);
            string real = Path.GetDirectoryName(target)!;
            return Programs.All(p => File.Exists(Path.Combine(real, p))) ? real : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static int? MajorOf(string directory)
    {
        try
        {
            ServerCommand.Result result = ServerCommand.Run(Path.Combine(directory, "postgres"), "--version");
            Match match = Version().Match(result.Output);
            return match.Success ? int.Parse(match.Groups["major"].ValueSpan, CultureInfo.InvariantCulture) : null;
        }
        catch (LogException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Version();

    [GeneratedRegex(@"\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
