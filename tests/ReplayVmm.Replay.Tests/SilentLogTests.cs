using ReplayVmm.Events;

namespace ReplayVmm.Replay.Tests;

/// <summary>A log that neither answers nor fails, and one that fails while the guest has nothing to say.</summary>
public sealed class SilentLogTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly MemoryLog log = new();
    private readonly ManualResetEventSlim answers = new(false);
    private readonly ManualResetEventSlim silenceTold = new(false);
    private readonly RecorderOptions options;
    private int told;

    public SilentLogTests()
    {
        log.BeforeAppend = _ => answers.Wait();
        options = new RecorderOptions
        {
            Batches = 3,
            CommitBytes = 1,
            Patience = TimeSpan.FromMilliseconds(20),
            OnSilence = _ =>
            {
                Interlocked.Increment(ref told);
                silenceTold.Set();
            },
        };
    }

    public void Dispose()
    {
        answers.Set();
        answers.Dispose();
        silenceTold.Dispose();
    }

    [Fact]
    public void A_guest_that_waits_for_a_silent_log_is_told_of_and_goes_on_when_the_log_answers()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, options);
        Thread guest = Run(recorder, batches: 20, out _);
        silenceTold.Wait(Long).ShouldBeTrue();
        answers.Set();
        guest.Join();
        recorder.Finish().Events.ShouldBe(20 * 4096);
        recorder.Failure.ShouldBeNull();
        told.ShouldBe(1);
    }

    [Fact]
    public void An_interrupt_frees_a_guest_that_waits_for_a_silent_log_and_says_what_is_safe()
    {
        int commits = 0;
        log.BeforeAppend = _ =>
        {
            if (++commits > 2)
                answers.Wait();
        };
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, options);
        Thread guest = Run(recorder, batches: 1000, out Func<bool> stopped);
        silenceTold.Wait(Long).ShouldBeTrue();
        recorder.Interrupt();
        guest.Join();
        stopped().ShouldBeTrue();
        RecorderStatistics statistics = recorder.Finish(sign: (_, _) => throw new InvalidOperationException("there is nothing to sign"));
        RecorderFailure failure = recorder.Failure.ShouldNotBeNull();
        failure.Message.ShouldStartWith("the log has not answered for ");
        failure.Cause.ShouldBeOfType<LogException>().Trouble.ShouldBe(LogTrouble.Unavailable);
        failure.SafePosition.ShouldBe(Verifier.Verify(log.Sessions[0].Rows, []).Positions);
        statistics.Positions.ShouldBe(failure.SafePosition);
    }

    [Fact]
    public void An_interrupt_ends_the_last_commit_of_a_guest_that_has_ended_already()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, options);
        Run(recorder, batches: 1, out _).Join();
        var end = new Thread(() => recorder.Finish());
        end.Start();
        silenceTold.Wait(Long).ShouldBeTrue();
        recorder.Interrupt();
        end.Join();
        recorder.Failure.ShouldNotBeNull().SafePosition.ShouldBe(0UL);
    }

    [Fact]
    public void An_interrupt_loses_nothing_where_the_log_answers()
    {
        answers.Set();
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, options with { Patience = Long });
        recorder.Interrupt();
        Run(recorder, batches: 50, out Func<bool> stopped).Join();
        stopped().ShouldBeFalse();
        recorder.Finish().Events.ShouldBe(50 * 4096);
        recorder.Failure.ShouldBeNull();
    }

    [Fact]
    public void A_failure_is_told_although_the_guest_has_nothing_more_to_record()
    {
        using var failed = new ManualResetEventSlim(false);
        log.BeforeAppend = _ => throw new LogException(LogTrouble.Unavailable, "gone");
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(
            writer, TimeProvider.System, options with { OnFailure = failed.Set, QuietCommit = TimeSpan.FromMilliseconds(1) });
        recorder.Append([new Event { Kind = EventKind.PortRead }], default).ShouldBeTrue();
        failed.Wait(Long).ShouldBeTrue();
        recorder.Failure.ShouldNotBeNull().Message.ShouldBe("gone");
    }

    [Fact]
    public void Each_commit_is_told_once_it_is_in_the_log()
    {
        answers.Set();
        var commits = new List<RecorderCommit>();
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        RecorderOptions telling = options with
        {
            OnCommit = commit =>
            {
                commit.Row.ShouldBe(log.Sessions[0].Rows.Count);
                commit.VirtualTime.ShouldBe(RowHeader.Of(log.Sessions[0].Rows[^1]).LastVirtualTime);
                commits.Add(commit);
            },
        };
        using var recorder = new Recorder(writer, TimeProvider.System, telling);
        Run(recorder, batches: 9, out _).Join();
        RecorderStatistics statistics = recorder.Finish();
        recorder.Failure.ShouldBeNull();
        commits.Count.ShouldBe((int)statistics.Transactions);
        commits[^1].Position.ShouldBe(statistics.Positions);
        commits.ShouldBe(commits.OrderBy(commit => commit.Row));
    }

    private static Thread Run(Recorder recorder, int batches, out Func<bool> stopped)
    {
        bool ended = false;
        var guest = new Thread(() =>
        {
            var events = new Event[4096];
            for (int batch = 0; batch < batches && !ended; batch++)
            {
                for (int i = 0; i < events.Length; i++)
                    events[i] = new Event { Kind = i + batch == 0 ? EventKind.SessionStarted : EventKind.PortRead, Position = (ulong)((batch * 4096) + i) };
                ended = !recorder.Append(events, default);
            }
        });
        guest.Start();
        stopped = () => ended;
        return guest;
    }
}
