using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>The first real guest that nobody here wrote.</summary>
public sealed class MemtestTests(ServerFixture server, ITestOutputHelper log)
{
    /// <summary>Its first test runs on one core and the others on all: once it says so, the first is complete.</summary>
    private const string FirstTestComplete = "Using: All Cores                          | Pass:  0        Errors: 0";

    [Fact]
    public void Memtest86_completes_its_first_test_without_an_error_and_replays_bit_for_bit()
    {
        string image = Repository.Guest("memtest86+x64.bin");
        using var bench = new Workbench(server.NewDatabase());
        Outcome recorded = bench.Run(
            "record", "--linux", image, "--append", "console=ttyS0,115200 nosmp", "--memory", "5M", "--name", "memtest",
            "--until-text", FirstTestComplete, "--until-time", "30s").Good();
        log.WriteLine(recorded.Error);
        var screen = new Vt100Screen();
        screen.Write(recorded.Bytes);
        log.WriteLine(screen.ToString());
        screen.ToString().ShouldContain("Memtest86+");
        screen.ToString().ShouldContain("Errors: 0");

        bench.Run("console", "memtest").Good().Bytes.ShouldBe(recorded.Bytes);
        JsonElement replayed = bench.Run("replay", "memtest", "--json").Good().Json;
        replayed.GetProperty("outcome").GetString().ShouldBe("identical");
        bench.Run("verify", "memtest", "--key", bench.PublicKey).Good();
    }
}
