using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay.Tests;

public class RecorderTests
{
    private readonly MemoryLog log = new();

    [Fact]
    public void Everything_arrives_in_order_with_its_payloads()
    {
        RunResult result = Recordings.Record(log, "run", Recordings.Factory(turns: 500));
        MemoryLog.Stored stored = log.Sessions[0];
        VerificationReport report = Verifier.Verify(stored.Rows, stored.Signatures, lastVersion: stored.Info.Version);
        report.Fault.ShouldBeNull();
        report.Ended.ShouldBeTrue();
        report.Positions.ShouldBe(result.Position);
    }

    [Fact]
    public void A_log_that_is_slower_than_the_guest_makes_it_wait_and_loses_nothing()
    {
        // The log takes nothing until the guest is known to wait: every batch is full and the queue is at its bound.
        using var open = new ManualResetEventSlim(false);
        int rowsAtOnce = 0;
        log.BeforeAppend = rows =>
        {
            open.Wait();
            rowsAtOnce = Math.Max(rowsAtOnce, rows.Count);
        };
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, new RecorderOptions { Batches = 4, CommitBytes = 1 });
        long appended = 0;
        const int Count = 100_000;
        var guest = new Thread(() =>
        {
            var buffer = new EventBuffer();
            for (int i = 0; i < Count; i++)
            {
                buffer.Clear();
                buffer.Add(new Event { Kind = EventKind.PortRead, VirtualTime = (ulong)i, A = (ulong)(uint)i * 2654435761 });
                recorder.Append(buffer.Events, buffer.Arena).ShouldBeTrue();
                Interlocked.Increment(ref appended);
            }
        });
        guest.Start();
        while (guest.ThreadState != ThreadState.WaitSleepJoin || Interlocked.Read(ref appended) < 4 * 4096)
            Thread.Yield();

        // Four batches, and the one that the writer has encoded: the guest cannot have got further.
        Interlocked.Read(ref appended).ShouldBeLessThanOrEqualTo(6 * 4096);
        open.Set();
        guest.Join();
        RecorderStatistics statistics = recorder.Finish();
        statistics.Events.ShouldBe(Count);
        statistics.Blocked.ShouldBeGreaterThan(TimeSpan.Zero);
        statistics.Queue.ShouldBeLessThan(4 * ((4096 * 64) + (2 << 20)));
        List<LoggedEvent> events = Recordings.Events(log, "run");
        events.Count.ShouldBe(Count);
        for (int i = 0; i < Count; i++)
            events[i].Envelope.A.ShouldBe((ulong)(uint)i * 2654435761);
    }

    [Fact]
    public void A_log_that_fails_stops_the_guest_and_names_the_safe_position()
    {
        int commits = 0;
        log.BeforeAppend = rows =>
        {
            if (++commits > 3)
                throw new LogException(LogTrouble.Unavailable, "the database is gone");
        };
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, new RecorderOptions { Batches = 3, CommitBytes = 1 });
        using IReplayedMachine machine = Recordings.Factory(turns: 100_000)(
            FakeGuest.Manifest(), Recordings.Images, Recordings.Inputs(), recorder, new MachineOptions());
        RunResult result = machine.Run(null);
        result.Reason.ShouldBe(EndReason.SinkStopped);
        RecorderStatistics statistics = recorder.Finish();

        RecorderFailure failure = recorder.Failure.ShouldNotBeNull();
        failure.Message.ShouldBe("the database is gone");
        MemoryLog.Stored stored = log.Sessions[0];
        VerificationReport report = Verifier.Verify(stored.Rows, []);
        report.Fault.ShouldBeNull();
        failure.SafePosition.ShouldBe(report.Positions);
        statistics.Positions.ShouldBe(report.Positions);
        failure.SafeVirtualTime.ShouldBe(RowHeader.Of(stored.Rows[^1]).LastVirtualTime);
        new Replayer(log, Recordings.Factory(turns: 100_000)).Execute(log.Find("run")).Outcome.ShouldBe(ReplayOutcome.IdenticalPrefix);
    }

    [Fact]
    public void A_failure_while_the_guest_waits_for_room_wakes_it()
    {
        using var full = new ManualResetEventSlim(false);
        log.BeforeAppend = _ =>
        {
            full.Wait();
            throw new LogException(LogTrouble.Unavailable, "gone");
        };
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, new RecorderOptions { Batches = 3, CommitBytes = 1 });
        bool stopped = false;
        var guest = new Thread(() =>
        {
            var batch = new Event[4096];
            for (ulong position = 0; !stopped; position += 4096)
            {
                for (int i = 0; i < batch.Length; i++)
                    batch[i] = new Event { Kind = EventKind.PortRead, Position = position + (ulong)i };
                stopped = !recorder.Append(batch, default);
            }
        });
        guest.Start();
        while (guest.ThreadState != ThreadState.WaitSleepJoin)
            Thread.Yield();
        full.Set();
        guest.Join();
        stopped.ShouldBeTrue();
        recorder.Failure.ShouldNotBeNull().SafePosition.ShouldBe(0UL);
    }

    [Fact]
    public void Quiet_events_are_committed_without_waiting_for_a_full_segment()
    {
        using var committed = new ManualResetEventSlim(false);
        log.BeforeAppend = _ => committed.Set();
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System, new RecorderOptions { QuietCommit = TimeSpan.FromMilliseconds(1) });
        recorder.Append([new Event { Kind = EventKind.PortRead }], default).ShouldBeTrue();
        committed.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        recorder.Finish().Events.ShouldBe(1);
    }

    [Theory]
    [InlineData(1, 500)]
    [InlineData(4097, 50)]
    public void An_event_waits_half_a_second_for_its_commit_where_little_happens_and_50_ms_where_batches_fill_up(int count, int milliseconds)
    {
        var clock = new AlmostDueClock(milliseconds);
        using var committed = new ManualResetEventSlim(false);
        int looks = 0;
        log.BeforeAppend = _ =>
        {
            if (!committed.IsSet)
                looks = clock.Looks;
            committed.Set();
        };
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, clock);
        Event[] events = [.. Enumerable.Range(0, count).Select(i => new Event { Kind = EventKind.PortRead, Position = (ulong)i })];
        recorder.Append(events, default).ShouldBeTrue();
        committed.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue("the commit is due");
        looks.ShouldBeGreaterThan(AlmostDueClock.LooksBefore, "it was not due a millisecond before");
        recorder.Finish().Events.ShouldBe(count);
    }

    [Fact]
    public void Time_that_passes_between_two_looks_at_the_clock_does_not_end_a_recording()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, new LeapingClock());
        recorder.Append([new Event { Kind = EventKind.PortRead }], default).ShouldBeTrue();
        recorder.Finish().Events.ShouldBe(1);
        recorder.Failure.ShouldBeNull();
    }

    [Fact]
    public void An_event_allocates_nothing_on_the_guests_thread()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System);
        var buffer = new EventBuffer();
        ulong position = 0;
        void Append(int count)
        {
            for (int i = 0; i < count; i++)
            {
                buffer.Clear();
                buffer.Add(new Event { Kind = EventKind.PortRead, VirtualTime = position });
                if (i % 16 == 0)
                    buffer.Add(new Event { Kind = EventKind.ConsoleOutput, VirtualTime = position }, "x"u8);
                position = buffer.NextPosition;
                recorder.Append(buffer.Events, buffer.Arena);
            }
        }

        Append(200_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Append(200_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        recorder.Finish().Positions.ShouldBe(position);
    }

    [Fact]
    public void A_payload_of_many_megabytes_passes_and_its_memory_is_given_back()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
        using var recorder = new Recorder(writer, TimeProvider.System);
        var buffer = new EventBuffer();
        buffer.Add(new Event { Kind = EventKind.PortRead });
        byte[] large = new byte[20 << 20];
        new Random(7).NextBytes(large);
        buffer.Add(new Event { Kind = EventKind.GuestMemoryWritten, B = (ulong)large.Length }, large);
        buffer.Add(new Event { Kind = EventKind.PortRead });
        recorder.Append(buffer.Events, buffer.Arena).ShouldBeTrue();
        recorder.Finish().Queue.ShouldBeLessThan(16 * ((4096 * 64) + (1 << 20)));
        var decoder = new SegmentDecoder();
        decoder.Decode(log.Sessions[0].Rows.Single(row => RowHeader.Of(row).CountOf(EventKind.GuestMemoryWritten) == 1));
        decoder.Events[0].Payload(decoder.Arena).SequenceEqual(large).ShouldBeTrue();
    }

    [Fact]
    public void The_head_is_signed_at_the_end()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid() + ".pem");
        try
        {
            HeadSigner.CreateKey(path);
            using HeadSigner signer = HeadSigner.Load(path);
            using ISessionWriter writer = log.Create(Guid.NewGuid(), "run");
            using var recorder = new Recorder(writer, TimeProvider.System);
            var buffer = new EventBuffer();
            buffer.Add(new Event { Kind = EventKind.SessionStarted }, ManifestJson.Write(FakeGuest.Manifest()));
            recorder.Append(buffer.Events, buffer.Arena);
            recorder.Finish((version, head) => signer.Sign(version, head));
            MemoryLog.Stored stored = log.Sessions[0];
            Verifier.Verify(stored.Rows, stored.Signatures, signer.PublicKey.ToArray()).SignedThrough.ShouldBe(1);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Three tenths of a second go by at each look: a commit is due in half a second at one look, and overdue at the next but one.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private long milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Add(ref milliseconds, 300);
    }

    /// <summary>
    /// As the writer's thread sees it, a millisecond less than the time given has passed since its first look for as many looks as
    /// <see cref="LooksBefore"/>, and then exactly that time.
    /// </summary>
    private sealed class AlmostDueClock(int due) : TimeProvider
    {
        public const int LooksBefore = 20;
        private const long Start = 1000;
        private int looks;

        public int Looks => Volatile.Read(ref looks);

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp()
        {
            if (Thread.CurrentThread.Name != "recorder")
                return Start;
            int look = Interlocked.Increment(ref looks);
            return look == 1 ? Start : look <= LooksBefore ? Start + due - 1 : Start + due;
        }
    }
}
