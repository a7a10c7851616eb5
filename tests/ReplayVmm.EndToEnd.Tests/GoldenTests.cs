using ReplayVmm.Cli;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Replay;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Every recording in <c>replays/</c>, of this version and of older ones, still means what it meant. Needs no database.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Repository.Replays, "*.rvmm").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_golden_recording_verifies_and_runs_again_identically(string file)
    {
        using IEventLog log = RecordingFile(file, out SessionInfo session);
        VerificationReport report = Verifier.Verify(log.Read(session.Id), log.Signatures(session.Id), lastVersion: session.Version);
        report.Fault.ShouldBeNull();
        report.Ended.ShouldBeTrue();
        ReplayReport replay = new Replayer(log).Execute(session);
        replay.Divergence.ShouldBeNull();
        replay.Outcome.ShouldBe(ReplayOutcome.Identical);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_fold_of_a_golden_recording_is_the_state_of_the_running_machine_at_each_event(string file)
    {
        using IEventLog log = RecordingFile(file, out SessionInfo session);
        var atSegmentEnd = new Dictionary<long, byte[]>();
        long events = 0;
        FoldReport whole = Folder.Fold(
            log, session, onRow: (reader, state) => atSegmentEnd[events += reader.Events.Length] = Folder.Digest(state));
        whole.Events.ShouldBe(events);

        FoldComparison? comparison = null;
        ReplayReport replay = new Replayer(log, (manifest, images, inputs, sink, options) =>
        {
            comparison = new FoldComparison(sink, atSegmentEnd);
            return comparison.Attach(new VirtualMachine(manifest, images, inputs, comparison, options));
        }).Execute(session);
        replay.Outcome.ShouldBe(ReplayOutcome.Identical);
        comparison!.Events.ShouldBe(events);
        comparison.SegmentEnds.ShouldBe(atSegmentEnd.Count);
    }

    [Fact]
    public void There_are_golden_recordings_and_each_is_small()
    {
        Files.Count.ShouldBeGreaterThanOrEqualTo(7);
        foreach (string path in Directory.GetFiles(Repository.Replays, "*.rvmm"))
            new FileInfo(path).Length.ShouldBeLessThan(100_000, path);
    }

    private static IEventLog RecordingFile(string file, out SessionInfo session)
    {
        var log = new RecordingFileLog(Path.Combine(Repository.Replays, file));
        session = log.Session;
        return log;
    }
}
