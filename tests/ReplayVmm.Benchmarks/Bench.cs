using ReplayVmm.Store;

namespace ReplayVmm.Benchmarks;

/// <summary>What the parts share: options, a PostgreSQL server of the run's own, a folder that goes afterwards, progress.</summary>
internal sealed class Bench(BenchOptions options, TextWriter progress) : IDisposable
{
    private readonly Lazy<TemporaryServer> server = new(TemporaryServer.Start);
    private readonly DirectoryInfo folder = MakeFolder();
    private string part = "";

    /// <summary>What was asked for.</summary>
    public BenchOptions Options => options;

    /// <summary>A folder for files, readable by all, which goes afterwards.</summary>
    public string Folder => folder.FullName;

    /// <summary>The server, with the settings of any private server: fsync is on.</summary>
    public TemporaryServer Server => server.Value;

    /// <summary>Rounds, of which a smoke test does one.</summary>
    public int Rounds => options.Smoke ? 1 : options.Rounds;

    /// <summary>One of two sizes.</summary>
    public T Size<T>(T whole, T smoke) => options.Smoke ? smoke : whole;

    /// <summary>An empty database, as the store and <c>--database</c> take it.</summary>
    public string NewDatabase() => Server.NewDatabase();

    /// <summary>A guest that <c>eng/guests</c> fetches or builds.</summary>
    /// <exception cref="BenchException">It is not there.</exception>
    public string Guest(string file)
    {
        string path = Path.Combine(options.Guests, file);
        return File.Exists(path) ? path : throw new BenchException($"the guest {file} is not in {options.Guests}: run eng/guests");
    }

    /// <summary>Says which part runs.</summary>
    public void Begin(string name) => part = name;

    /// <summary>Says what happens.</summary>
    public void Progress(string what) => progress.WriteLine($"{part}: {what}");

    /// <summary>Runs the program with <paramref name="arguments"/>; it must end well.</summary>
    public Child.Result RunProgram(params string[] arguments) => Child
        .Run("dotnet", [options.Program, .. arguments], new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = Path.Combine(Folder, "config") })
        .Must($"replayvmm {arguments[0]}", 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (server.IsValueCreated)
            server.Value.Dispose();
        folder.Delete(recursive: true);
    }

    private static DirectoryInfo MakeFolder()
    {
        DirectoryInfo made = Directory.CreateTempSubdirectory("replayvmm-bench-");
        // The server that a part starts for root runs as another user.
        File.SetUnixFileMode(made.FullName, (UnixFileMode)0b111_101_101);
        return made;
    }
}
