using System.Text;
using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay.Tests;

public class ReplayerTests
{
    private readonly MemoryLog log = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recording_replays_identically(bool halts)
    {
        RunResult recorded = Recordings.Record(log, "run", Recordings.Factory(halts: halts));
        ReplayReport report = new Replayer(log, Recordings.Factory(halts: halts)).Execute(log.Find("run"));
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "run") : "");
        report.Position.ShouldBe(recorded.Position);
        report.VirtualTime.ShouldBe(recorded.VirtualTime);
        report.Equal.ShouldBe(log.Find("run").Events);
        report.End!.Reason.ShouldBe(EndReason.GuestExit);
    }

    [Fact]
    public void A_device_that_answers_differently_diverges_exactly_there()
    {
        Recordings.Record(log, "run");
        List<LoggedEvent> events = Recordings.Events(log, "run");
        LoggedEvent[] reads = [.. events.Where(e => e.Envelope.Kind == EventKind.PortRead)];
        ReplayReport report = new Replayer(log, Recordings.Factory(flawedRead: 437)).Execute(log.Find("run"));

        report.Outcome.ShouldBe(ReplayOutcome.Diverged);
        Divergence divergence = report.Divergence!;
        divergence.Position.ShouldBe(reads[437].Envelope.Position);
        divergence.VirtualTime.ShouldBe(reads[437].Envelope.VirtualTime);
        FieldDifference field = divergence.Fields.ShouldHaveSingleItem();
        field.Name.ShouldBe("value");
        field.Meaning.ShouldBe("bit 0 (data ready)");
        int index = events.FindIndex(e => e.Envelope.Position == divergence.Position);
        divergence.Before.Select(e => e.ToString()).ShouldBe(events[(index - 16)..index].Select(e => e.ToString()));
        string text = DivergenceText.Of(divergence, "run");
        text.ShouldStartWith($"DIVERGED at event {divergence.Position} · t 3,066 · vcpu 0\n");
        text.ShouldContain("  expected   port_read 0x3fd size 1 value 0x");
        text.ShouldContain("bit 0 (data ready)\n");
        text.ShouldContain($"replayvmm events run --to {divergence.Position} --tail 16");
        text.ShouldContain("console_input");
        Encoding.UTF8.GetByteCount(text).ShouldBeLessThan(4096);
    }

    [Fact]
    public void A_flipped_bit_of_memory_is_localised_by_the_next_digest()
    {
        Recordings.Record(log, "run");
        List<LoggedEvent> events = Recordings.Events(log, "run");
        LoggedEvent[] digests = [.. events.Where(e => e.Envelope.Kind == EventKind.StateDigest)];
        ReplayReport report = new Replayer(log, Recordings.Factory(flippedBitTurn: 9)).Execute(log.Find("run"));

        // A digest is taken at the end of every third turn: 2, 5, 8, 11.
        Divergence divergence = report.Divergence.ShouldNotBeNull();
        divergence.Position.ShouldBe(digests[3].Envelope.Position);
        divergence.LastEqualDigest.ShouldNotBeNull().Envelope.Position.ShouldBe(digests[2].Envelope.Position);
        divergence.IsSilent.ShouldBeTrue();
        DivergenceText.Of(divergence, "run").ShouldContain($"between event {digests[2].Envelope.Position}");
    }

    [Fact]
    public void A_run_that_goes_on_after_the_recorded_end_diverges()
    {
        Recordings.Record(log, "run");
        ReplayReport report = new Replayer(log, Recordings.Factory(turns: 21)).Execute(log.Find("run"));
        report.Divergence.ShouldNotBeNull().Expected.ShouldNotBeNull().Envelope.Kind.ShouldBe(EventKind.SessionEnded);
        report.Divergence!.Fields.ShouldContain(f => f.Name == "kind");
    }

    [Fact]
    public void A_run_that_ends_early_diverges()
    {
        Recordings.Record(log, "run");
        new Replayer(log, Recordings.Factory(turns: 19)).Execute(log.Find("run"))
            .Divergence.ShouldNotBeNull().Actual.ShouldNotBeNull().Envelope.Kind.ShouldBe(EventKind.SessionEnded);
    }

    [Fact]
    public void A_recording_that_was_cut_short_at_any_row_replays_up_to_its_last_event()
    {
        Recordings.Record(log, "whole", Recordings.Factory(turns: 400));
        List<LogRow> rows = log.Sessions[0].Rows;
        rows.Count.ShouldBeGreaterThan(4);
        for (int keep = 1; keep < rows.Count; keep++)
        {
            var cut = new MemoryLog();
            var stored = new MemoryLog.Stored(Guid.NewGuid(), "cut");
            stored.Rows.AddRange(rows.Take(keep));
            cut.Sessions.Add(stored);
            ReplayReport report = new Replayer(cut, Recordings.Factory(turns: 400)).Execute(cut.Find("cut"));
            report.Outcome.ShouldBe(ReplayOutcome.IdenticalPrefix, $"{keep} rows");
            report.Equal.ShouldBe(stored.Info.Events);
            report.End.ShouldBeNull();
        }
    }

    [Fact]
    public void An_empty_recording_is_refused_by_name()
    {
        var stored = new MemoryLog.Stored(Guid.NewGuid(), "empty");
        log.Sessions.Add(stored);
        Should.Throw<LogException>(() => new Replayer(log, Recordings.Factory()).Execute(stored.Info)).Message.ShouldContain("'empty'");
    }

    [Fact]
    public void A_session_that_is_being_recorded_is_refused()
    {
        Recordings.Record(log, "run");
        log.Sessions[0].BeingRecorded = true;
        Should.Throw<LogException>(() => new Replayer(log, Recordings.Factory()).Execute(log.Find("run")))
            .Message.ShouldContain("still being recorded");
    }

    [Fact]
    public void A_replay_stops_after_the_position_that_was_asked_for()
    {
        Recordings.Record(log, "run");
        ReplayReport report = new Replayer(log, Recordings.Factory()).Execute(log.Find("run"), new ReplayOptions { Until = 100 });
        report.Outcome.ShouldBe(ReplayOutcome.IdenticalToPosition);
        report.Equal.ShouldBe(101);
    }

    [Fact]
    public void A_divergence_after_the_position_that_was_asked_for_is_not_seen()
    {
        Recordings.Record(log, "run");
        Replayer replayer = new(log, Recordings.Factory(flawedRead: 437));
        replayer.Execute(log.Find("run"), new ReplayOptions { Until = 400 }).Outcome.ShouldBe(ReplayOutcome.IdenticalToPosition);
        replayer.Execute(log.Find("run"), new ReplayOptions { Until = 600 }).Outcome.ShouldBe(ReplayOutcome.Diverged);
    }

    [Fact]
    public void A_session_that_its_operator_ended_ends_there_again()
    {
        LiveInputSource inputs = Recordings.Inputs("abcdefgh", untilText: "cde");
        RunResult recorded = Recordings.Record(log, "run", Recordings.Factory(turns: 1000), inputs);
        recorded.Reason.ShouldBe(EndReason.TextSeen);
        ReplayReport report = new Replayer(log, Recordings.Factory(turns: 1000)).Execute(log.Find("run"));
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "run") : "");
    }

    [Fact]
    public void A_machine_that_nothing_could_wake_finds_nothing_that_wakes_it_again()
    {
        Recordings.Record(log, "run", inputs: Recordings.Inputs(""));
        RecordedEnd end = RecordedEnd.Read(log, log.Find("run"))!;
        using var inputs = new LogInputSource(log, log.Find("run"));
        inputs.WaitForInput(end.VirtualTime, ulong.MaxValue).ShouldBe(ulong.MaxValue);
        inputs.WaitForInput(end.VirtualTime - 10, ulong.MaxValue).ShouldBe(end.VirtualTime);
    }

    [Fact]
    public void Input_that_a_diverged_machine_did_not_take_does_not_stop_time()
    {
        Recordings.Record(log, "run");
        ulong time = Recordings.Events(log, "run").First(e => e.Envelope.Kind == EventKind.ConsoleInput).Envelope.VirtualTime;
        using var inputs = new LogInputSource(log, log.Find("run"));
        inputs.WaitForInput(0, ulong.MaxValue).ShouldBe(time);
        inputs.WaitForInput(time, ulong.MaxValue).ShouldBe(time + 1);
        inputs.WaitForInput(time + 7, time + 7).ShouldBe(time + 7);
    }

    [Fact]
    public void A_replay_can_be_cancelled()
    {
        Recordings.Record(log, "run");
        using var cancel = new CancellationTokenSource();
        ReplayReport report = new Replayer(log, Recordings.Factory()).Execute(log.Find("run"), new ReplayOptions
        {
            Cancel = cancel.Token,
            OnTurn = progress => { if (progress.Position > 300) cancel.Cancel(); },
        });
        report.Outcome.ShouldBe(ReplayOutcome.Cancelled);
    }

    [Fact]
    public void The_report_has_a_json_twin()
    {
        Recordings.Record(log, "run");
        ReplayReport report = new Replayer(log, Recordings.Factory(flawedRead: 5)).Execute(log.Find("run"));
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            DivergenceJson.Write(writer, report.Divergence!);
        using var json = JsonDocument.Parse(stream.ToArray());
        json.RootElement.GetProperty("position").GetUInt64().ShouldBe(report.Divergence!.Position);
        json.RootElement.GetProperty("expected").GetProperty("kind").GetString().ShouldBe("port_read");
        json.RootElement.GetProperty("fields")[0].GetProperty("meaning").GetString().ShouldBe("bit 0 (data ready)");
        json.RootElement.GetProperty("before").GetArrayLength().ShouldBe(report.Divergence.Before.Count);
    }

    [Fact]
    public void A_manifest_that_is_not_one_is_a_bad_recording()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "bad");
        using var recorder = new Recorder(writer, TimeProvider.System);
        var buffer = new EventBuffer();
        buffer.Add(new Event { Kind = EventKind.SessionStarted }, "{\"MemoryBytes\": \"lots\"}"u8);
        recorder.Append(buffer.Events, buffer.Arena);
        recorder.Finish();
        var thrown = Should.Throw<LogException>(() => new Replayer(log, Recordings.Factory()).Execute(log.Find("bad")));
        thrown.Trouble.ShouldBe(LogTrouble.BadRecording);
        thrown.Message.ShouldNotContain("\n");
    }
}
