using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>The benchmark guests, from a 32-bit Multiboot image into long mode, and everything that can be done with a recording.</summary>
public sealed class BenchGuestTests(ServerFixture server)
{
    private const ulong PrimesBelowMebi = 82_025, Rounds = 2;
    private const ulong PortReads = 50_000, IdleLine = 0x60;

    public static TheoryData<string> Guests => ["arithmetic-1", "sieve-1", "port_exits-1"];

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_benchmark_guest_is_recorded_replayed_verified_and_moves_to_another_database(string name)
    {
        string image = Repository.Guest(name + ".elf");
        using var here = new Workbench(server.NewDatabase());
        Outcome recorded = here.Run("record", "--multiboot", image, "--memory", "16M", "--name", name).Good();
        recorded.Output.ShouldBe(Screen(name));

        JsonElement replayed = here.Run("replay", name, "--json").Good().Json;
        replayed.GetProperty("outcome").GetString().ShouldBe("identical");
        JsonElement folded = here.Run("replay", name, "--level", "fold", "--json").Good().Json;
        folded.GetProperty("ended").GetBoolean().ShouldBeTrue();
        folded.GetProperty("events").GetInt64().ShouldBe(here.Session(name)!.Value.GetProperty("events").GetInt64());
        JsonElement verified = here.Run("verify", name, "--key", here.PublicKey, "--json").Good().Json;
        verified.GetProperty("signedThrough").GetInt64().ShouldBe(verified.GetProperty("rows").GetInt64());

        string file = here.Path_(name + ".rvmm");
        here.Run("export", name, file).Good();
        using var there = new Workbench(server.NewDatabase());
        there.Run("import", file, "--name", "theirs").Good();
        JsonElement again = there.Run("verify", "theirs", "--key", here.PublicKey, "--json").Good().Json;
        again.GetProperty("head").GetString().ShouldBe(verified.GetProperty("head").GetString());
        again.GetProperty("content").GetString().ShouldBe(verified.GetProperty("content").GetString());
        there.Run("console", "theirs").Good().Bytes.ShouldBe(recorded.Bytes);
        there.Run("replay", "theirs").Good().Output.ShouldStartWith("identical · theirs · ");

        // The file alone is enough as well, and what is exported twice is the same.
        there.Run("verify", file, "--key", here.PublicKey).Good();
        string second = there.Path_("second.rvmm");
        here.Run("export", name, second).Good();
        File.ReadAllBytes(second).ShouldBe(File.ReadAllBytes(file));
    }

    /// <summary>What the guest must print, found without it.</summary>
    private static string Screen(string name)
    {
        (string title, ulong result) = name switch
        {
            "arithmetic-1" => ("arithmetic", Arithmetic(20_000_000)),
            "sieve-1" => ("sieve", PrimesBelowMebi * Rounds),
            _ => ("port_exits", PortReads * IdleLine),
        };
        return string.Create(CultureInfo.InvariantCulture, $"hello\n{title} r={result:x16}\nDONE\n");
    }

    /// <summary>The guest's loop (tests/Guests/bench/workload.c), on this machine's processor.</summary>
    private static ulong Arithmetic(ulong n)
    {
        ulong a = 1, b = 2, d = 3;
        for (; n != 0; n--)
        {
            a += b;
            d ^= a;
            b = BitOperations.RotateLeft(b, 3) + 7;
        }

        return a ^ b ^ d;
    }
}
