using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>A recording that was cut short.</summary>
internal static class Prefix
{
    /// <summary>Verifies, folds and replays it; gives the positions that it holds.</summary>
    public static ulong MustBeGood(Workbench bench, string name)
    {
        JsonElement session = bench.Session(name)!.Value;
        session.GetProperty("state").GetString().ShouldBe("cut short");

        JsonElement verified = bench.Run("verify", name, "--json").Good().Json;
        verified.GetProperty("good").GetBoolean().ShouldBeTrue();
        verified.GetProperty("rows").GetInt64().ShouldBe(session.GetProperty("rows").GetInt64());
        verified.GetProperty("ended").GetBoolean().ShouldBeFalse();
        ulong positions = verified.GetProperty("positions").GetUInt64();

        JsonElement replayed = bench.Run("replay", name, "--json").Good().Json;
        replayed.GetProperty("outcome").GetString().ShouldBe("identicalPrefix");
        replayed.GetProperty("events").GetInt64().ShouldBe(session.GetProperty("events").GetInt64());

        JsonElement folded = bench.Run("replay", name, "--level", "fold", "--json").Good().Json;
        folded.GetProperty("position").GetUInt64().ShouldBe(positions);
        folded.GetProperty("ended").GetBoolean().ShouldBeFalse();
        return positions;
    }
}
