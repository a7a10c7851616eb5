using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>What the commands say about a recording in PostgreSQL, to people and to programs.</summary>
public sealed class CommandOutputTests(ServerFixture server)
{
    [Fact]
    public void List_shows_each_session_once_newest_first()
    {
        using Workbench bench = Recorded("first", "second");
        string[] lines = bench.Run("list").Good().Output.Split('\n');
        lines[0].ShouldStartWith("NAME");
        lines[1].ShouldStartWith("second");
        lines[2].ShouldStartWith("first");
        lines[2].ShouldContain("ended");
        JsonElement[] sessions = [.. bench.Run("list", "--json").Good().Json.EnumerateArray()];
        sessions.Select(s => s.GetProperty("name").GetString()).ShouldBe(["second", "first"]);
    }

    [Fact]
    public void Show_gives_the_manifest_and_counts_that_add_up()
    {
        using Workbench bench = Recorded("it");
        Outcome text = bench.Run("show", "it").Good();
        text.Output.ShouldContain("guest exit with code 1");
        text.Output.ShouldContain("flat, 16 bit, entry 0x7c00");
        JsonElement json = bench.Run("show", "it", "--json").Good().Json;
        json.GetProperty("manifest").GetProperty("MemoryBytes").GetInt64().ShouldBe(1 << 20);
        json.GetProperty("end").GetProperty("reason").GetString().ShouldBe("guestExit");
        long events = bench.Run("events", "it", "--json").Good().JsonLines.Length;
        json.GetProperty("events").GetInt64().ShouldBe(events);
        string file = bench.Path_("it.rvmm");
        bench.Run("export", "it", file).Good();
        bench.Run("show", file, "--json").Good().Json.GetProperty("events").GetInt64().ShouldBe(events);
    }

    [Fact]
    public void Show_at_an_event_gives_the_registers_there()
    {
        using Workbench bench = Recorded("it");
        JsonElement last = bench.Run("events", "it", "--kind", "port_written", "--json").Good().JsonLines[^1];
        string position = last.GetProperty("position").GetRawText();
        JsonElement state = bench.Run("show", "it", "--at", position, "--memory", "0x7c00,4", "--json").Good().Json;
        state.GetProperty("registers").GetProperty("rdx").GetString().ShouldBe("0xf4");
        state.GetProperty("memory").GetString().ShouldBe(Convert.ToHexStringLower(TinyGuests.Ten.Code.AsSpan(0, 4)));
        bench.Run("show", "it", "--at", position, "--memory", "0x7c00,4").Good().Output.ShouldContain("  0000:0000000000007c12  ");
    }

    [Fact]
    public void Events_can_be_chosen_by_kind_place_and_condition()
    {
        using Workbench bench = Recorded("it");
        JsonElement[] written = bench.Run("events", "it", "--kind", "port_written", "--json").Good().JsonLines;
        written.Length.ShouldBe(4);
        bench.Run("events", "it", "--where", "port == 0x3f8 && value == 0x6b", "--json").Good().JsonLines.ShouldHaveSingleItem();
        string[] lines = bench.Run("events", "it", "--tail", "1").Good().Output.TrimEnd().Split('\n');
        lines.ShouldHaveSingleItem().ShouldContain("session_ended");
        bench.Run("events", "it", "--from", "0", "--to", "0").Good().Output.ShouldContain("session_started");
    }

    [Fact]
    public void Prune_deletes_all_of_a_session_and_leaves_a_note()
    {
        using Workbench bench = Recorded("kept", "gone");
        JsonElement kept = bench.Run("verify", "kept", "--json").Good().Json;
        bench.Run("prune", "gone", "--yes").Good().Output.ShouldStartWith("pruned · gone · ");
        bench.Session("gone").ShouldBeNull();
        bench.Run("verify", "kept", "--json").Good().Json.GetProperty("head").GetString().ShouldBe(kept.GetProperty("head").GetString());
        Sql.Ask<string>(bench.Database, "select string_agg(type, ',') from rv_admin").ShouldBe("session_pruned");
        Sql.Ask<string>(bench.Database, "select string_agg(data->>'Name', ',') from rv_admin").ShouldBe("gone");
        bench.Record(TinyGuests.Ten, "gone").Good();
    }

    [Fact]
    public void A_session_is_named_by_a_unique_prefix_of_its_name_or_id()
    {
        using Workbench bench = Recorded("nightly-1", "other");
        string id = bench.Session("other")!.Value.GetProperty("id").GetString()!;
        bench.Run("verify", "nigh").Good();
        bench.Run("verify", id[..6]).Good();
    }

    private Workbench Recorded(params string[] names)
    {
        var bench = new Workbench(server.NewDatabase());
        foreach (string name in names)
            bench.Record(TinyGuests.Ten, name).Good();
        return bench;
    }
}
