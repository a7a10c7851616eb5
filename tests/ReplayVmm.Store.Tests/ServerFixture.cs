[assembly: AssemblyFixture(typeof(ReplayVmm.Store.Tests.ServerFixture))]

namespace ReplayVmm.Store.Tests;

/// <summary>One private server for the whole run; where PostgreSQL is not installed, tests skip and say so.</summary>
public sealed class ServerFixture : IDisposable
{
    private readonly TemporaryServer? server;
    private readonly string reason = "";

    public ServerFixture()
    {
        if (PostgresBinaries.FindAll(HostEnvironment.FromProcess()).Count == 0)
            reason = "PostgreSQL's server programs are not installed";
        else
            server = TemporaryServer.Start();
    }

    public TemporaryServer Server
    {
        get
        {
            Assert.SkipWhen(server is null, reason);
            return server!;
        }
    }

    public string NewDatabase() => Server.NewDatabase();

    public void Dispose() => server?.Dispose();
}
