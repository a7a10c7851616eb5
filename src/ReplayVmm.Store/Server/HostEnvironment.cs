namespace ReplayVmm.Store;

/// <summary>What the private server asks of the machine around it: the door to the process environment.</summary>
/// <param name="IsRoot">True where the process may do anything; PostgreSQL refuses to run as such.</param>
/// <param name="SearchPath">Directories of programs, separated by colons.</param>
/// <param name="Home">The user's home directory.</param>
/// <param name="DataHome"><c>XDG_DATA_HOME</c>, or null.</param>
/// <param name="RuntimeDirectory"><c>XDG_RUNTIME_DIR</c>, or null.</param>
public sealed record HostEnvironment(bool IsRoot, string SearchPath, string Home, string? DataHome, string? RuntimeDirectory)
{
    /// <summary>Where distributions install: PostgreSQL's programs are looked for below it as well as on the search path.</summary>
    public string InstallDirectory { get; init; } = "/usr";

    /// <summary>That of this process.</summary>
    public static HostEnvironment FromProcess() => new(
        Environment.IsPrivilegedProcess,
        Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        NullIfEmpty(Environment.GetEnvironmentVariable("XDG_DATA_HOME")),
        NullIfEmpty(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")));

    /// <summary>
    /// Where the private server's data stands unless told otherwise: <c>replayvmm</c> in the user's data directory; for root
    /// <c>/var/lib/replayvmm</c>, because the server then runs as another user, who cannot reach root's home.
    /// </summary>
    public string DefaultDirectory => DataHome is not null
        ? Path.Combine(DataHome, "replayvmm")
        : IsRoot ? "/var/lib/replayvmm" : Path.Combine(Home, ".local", "share", "replayvmm");

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
