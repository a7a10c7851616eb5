using ReplayVmm.Store;

[assembly: AssemblyFixture(typeof(ReplayVmm.EndToEnd.Tests.ServerFixture))]

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>One private server, in a directory that goes afterwards, for the whole run; without PostgreSQL tests skip.</summary>
public sealed class ServerFixture : IDisposable
{
    private readonly TemporaryServer? server;

    public ServerFixture() => server = IsInstalled ? TemporaryServer.Start() : null;

    public static bool IsInstalled => PostgresBinaries.FindAll(HostEnvironment.FromProcess()).Count > 0;

    /// <summary>An empty database, as <c>--database</c> takes it.</summary>
    public string NewDatabase()
    {
        Assert.SkipWhen(server is null, "PostgreSQL's server programs are not installed");
        return server!.NewDatabase();
    }

    public void Dispose() => server?.Dispose();
}
