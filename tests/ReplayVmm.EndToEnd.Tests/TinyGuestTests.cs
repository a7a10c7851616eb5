using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>From a few instructions through the processor and PostgreSQL and back, at every level.</summary>
public sealed class TinyGuestTests(ServerFixture server)
{
    public static TheoryData<string, string> Guests => new()
    {
        { TinyGuests.Ten.Name, "ok\n" },
        { TinyGuests.Ticks.Name, new string('.', 20) },
        { TinyGuests.DeviceMemory.Name, "apic" },
        { TinyGuests.Faults.Name, "DUSabc" },
    };

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_guest_of_a_few_instructions_prints_what_it_must_and_replays(string name, string printed)
    {
        using var bench = new Workbench(server.NewDatabase());
        Outcome recorded = bench.Record(GoldenRecordings.Guest(name), "it").Good();
        recorded.Output.ShouldBe(printed);
        recorded.Error.ShouldContain("guest exit with code 1");
        bench.Run("console", "it").Good().Output.ShouldBe(printed);
        bench.Run("replay", "it").Good().Output.ShouldStartWith("identical · it · ");
        bench.Run("replay", "it", "--level", "fold").Good().Output.ShouldStartWith("folded · it · ");
        bench.Run("verify", "it", "--execute").Good().Output.ShouldStartWith("it: good · ");
    }

    [Fact]
    public void Ten_instructions_are_counted_as_ten()
    {
        using var bench = new Workbench(server.NewDatabase());
        JsonElement summary = bench.Record(TinyGuests.Ten, "ten", "--json").Good().Json;
        summary.GetProperty("instructions").GetUInt64().ShouldBe(10UL);
        summary.GetProperty("reason").GetString().ShouldBe("guestExit");
        summary.GetProperty("code").GetInt32().ShouldBe(1);
    }

    [Fact]
    public void What_is_typed_and_the_entropy_that_is_drawn_come_back_from_the_log()
    {
        using var bench = new Workbench(server.NewDatabase());
        bench.Record(TinyGuests.Echo, "echo", "--type-after", "ready> =hello q").Good().Output.ShouldBe("ready> hello q");
        bench.Run("events", "echo", "--kind", "console_input", "--json").Good().JsonLines.ShouldNotBeEmpty();
        bench.Run("replay", "echo").Good();

        string[] printed = [.. ((string[])["dice-1", "dice-2"]).Select(name => bench.Record(TinyGuests.Entropy, name).Good().Output)];
        printed[0].Length.ShouldBe(18);
        printed[1].ShouldNotBe(printed[0]);
        bench.Run("events", "dice-1", "--kind", "entropy_drawn", "--json").Good().JsonLines.Length.ShouldBe(16);
        bench.Run("replay", "dice-1").Good();
        bench.Run("console", "dice-1").Good().Output.ShouldBe(printed[0]);
    }

    [Fact]
    public void Two_recordings_of_the_same_inputs_have_the_same_content()
    {
        using var bench = new Workbench(server.NewDatabase());
        foreach (string name in (string[])["one", "two"])
            bench.Record(TinyGuests.Echo, name, "--type-after", "ready> =q").Good();
        string Asked(string member, params string[] command) => bench.Run([.. command, "--json"]).Good().Json.GetProperty(member).GetString()!;
        Asked("content", "verify", "one").ShouldBe(Asked("content", "verify", "two"));
        Asked("state", "replay", "one", "--level", "fold").ShouldBe(Asked("state", "replay", "two", "--level", "fold"));
    }
}
