using Iced.Intel;
using ReplayVmm.Devices;
using ReplayVmm.Events;
using ReplayVmm.Machine;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Replay.Tests;

/// <summary>Replay of real instructions on the real machine.</summary>
public class RealGuestTests
{
    private const ushort LineStatus = 0x3FD;
    private const int Reads = 2000;

    private readonly MemoryLog log = new();

    [Fact]
    public void A_guest_of_ten_instructions_replays_identically()
    {
        RunResult recorded = Record("poll", Poll());
        recorded.Reason.ShouldBe(EndReason.GuestExit);
        ReplayReport report = new Replayer(log).Execute(log.Find("poll"));
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "poll") : "");
        report.Instructions.ShouldBe(recorded.Instructions);
        Recordings.Events(log, "poll").Count(e => e.Envelope.Kind == EventKind.PortRead).ShouldBe(Reads);
    }

    [Fact]
    public void A_serial_port_that_answers_differently_once_is_found_at_that_instruction()
    {
        Record("poll", Poll());
        LoggedEvent read = Recordings.Events(log, "poll").Where(e => e.Envelope.Kind == EventKind.PortRead).ElementAt(1234);
        ReplayReport report = new Replayer(log).Execute(log.Find("poll"), new ReplayOptions
        {
            Adjust = options => options with { ReplaceDevice = device => device.Name == "com1" ? new FlawedPort(device, 1234) : device },
        });

        Divergence divergence = report.Divergence.ShouldNotBeNull();
        divergence.Position.ShouldBe(read.Envelope.Position);
        divergence.VirtualTime.ShouldBe(read.Envelope.VirtualTime);
        divergence.Fields.ShouldHaveSingleItem().Meaning.ShouldBe("bit 0 (data ready)");
        divergence.At.ShouldNotBeNull().Text.ShouldBe("in al, dx");
        divergence.At!.Rip.ShouldBe(read.Rip!.Value);
        DivergenceText.Of(divergence, "poll").ShouldContain("port_read 0x3fd size 1 value 0x61");
    }

    [Fact]
    public void A_bit_of_memory_that_flips_is_localised_to_the_interval_before_the_next_digest()
    {
        // No event shows the flip: the guest counts in memory and never looks at the byte that changes.
        Record("count", Count(), digestEvery: 1_000_000);
        List<LoggedEvent> digests = [.. Recordings.Events(log, "count").Where(e => e.Envelope.Kind == EventKind.StateDigest)];
        digests.Count.ShouldBeGreaterThan(5);
        ulong flipAt = digests[2].Envelope.VirtualTime + 1;
        bool flipped = false;
        ReplayReport report = new Replayer(log).Execute(log.Find("count"), new ReplayOptions
        {
            Adjust = options => options with
            {
                Disturb = machine =>
                {
                    if (flipped || machine.VirtualTime < flipAt)
                        return;
                    flipped = true;
                    byte[] bytes = new byte[1];
                    machine.Memory.TryRead(0x9000, bytes).ShouldBeTrue();
                    bytes[0] ^= 0x08;
                    machine.Memory.TryWrite(0x9000, bytes).ShouldBeTrue();
                },
            },
        });

        flipped.ShouldBeTrue();
        Divergence divergence = report.Divergence.ShouldNotBeNull();
        divergence.IsSilent.ShouldBeTrue();
        divergence.Position.ShouldBe(digests[3].Envelope.Position);
        divergence.LastEqualDigest.ShouldNotBeNull().Envelope.Position.ShouldBe(digests[2].Envelope.Position);
    }

    [Fact]
    public void Typed_keys_come_back_at_the_same_virtual_time()
    {
        LiveInputSource inputs = Recordings.Inputs("replay!q");
        Record("echo", Echo(), inputs: inputs).Reason.ShouldBe(EndReason.GuestExit);
        string printed = string.Concat(Recordings.Events(log, "echo")
            .Where(e => e.Envelope.Kind == EventKind.ConsoleOutput).Select(e => System.Text.Encoding.ASCII.GetString(e.Payload)));
        printed.ShouldBe("replay!");
        ReplayReport report = new Replayer(log).Execute(log.Find("echo"));
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "echo") : "");
    }

    [Fact]
    public void A_guest_that_nothing_can_wake_ends_and_ends_again()
    {
        Record("dead", Program(c =>
        {
            c.cli();
            c.hlt();
        })).Reason.ShouldBe(EndReason.DeadHalt);
        new Replayer(log).Execute(log.Find("dead")).Outcome.ShouldBe(ReplayOutcome.Identical);
    }

    [Theory]
    [InlineData(777UL, null)]
    [InlineData(null, 123_457UL)]
    public void An_end_that_the_operator_chose_is_met_exactly(ulong? events, ulong? time)
    {
        RunResult recorded = Record("poll", Poll(rounds: 60_000), options: new MachineOptions { UntilEvents = events, UntilTime = time });
        recorded.Reason.ShouldBe(events is null ? EndReason.TimeReached : EndReason.EventsReached);
        ReplayReport report = new Replayer(log).Execute(log.Find("poll"));
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "poll") : "");
        report.VirtualTime.ShouldBe(recorded.VirtualTime);
        report.Instructions.ShouldBe(recorded.Instructions);
    }

    [Fact]
    public void A_replay_of_a_guest_that_makes_no_events_can_be_cancelled()
    {
        Record("count", Count(), options: new MachineOptions { UntilTime = 5_000_000 });
        using var cancel = new CancellationTokenSource();
        ReplayReport report = new Replayer(log).Execute(log.Find("count"), new ReplayOptions
        {
            Cancel = cancel.Token,
            OnTurn = at => { if (at.VirtualTime >= 1_000_000) cancel.Cancel(); },
        });
        report.Outcome.ShouldBe(ReplayOutcome.Cancelled);
        report.VirtualTime.ShouldBeLessThan(2_000_000UL);
    }

    [Fact]
    public void A_fold_of_a_real_recording_ends_in_the_machines_own_state()
    {
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "poll");
        using var recorder = new Recorder(writer, TimeProvider.System);
        BootPlan plan = BootLoader.Flat(new BootImage("poll", Poll()), 0x7C00, 0x7C00, 16, 1 << 20);
        using var machine = new VirtualMachine(Manifest(plan, 250_000_000), plan.Images, Recordings.Inputs(""), recorder);
        machine.Run();
        recorder.Finish();
        FoldReport fold = Folder.Fold(log, log.Find("poll"));
        fold.State.DescribeDifference(machine.State).ShouldBeNull();
        fold.Digest.ShouldBe(Folder.Digest(machine.State));
    }

    [Fact]
    public void The_state_at_an_event_can_be_looked_at()
    {
        Record("poll", Poll());
        LoggedEvent read = Recordings.Events(log, "poll").Where(e => e.Envelope.Kind == EventKind.PortRead).ElementAt(10);
        MachineSnapshot? seen = null;
        new Replayer(log).Execute(log.Find("poll"), new ReplayOptions
        {
            Until = read.Envelope.Position,
            Inspect = machine => seen = MachineSnapshot.Take(machine.Processor(0)!, machine.Memory!),
        });
        seen.ShouldNotBeNull().Registers.Single(r => r.Name == "rdx").Value.ShouldBe(LineStatus);
        seen.Registers.Single(r => r.Name == "rcx").Value.ShouldBe((ulong)(Reads - 10));
    }

    private RunResult Record(
        string name, byte[] code, ulong digestEvery = 250_000_000, IInputSource? inputs = null, MachineOptions? options = null)
    {
        BootPlan plan = BootLoader.Flat(new BootImage(name, code), 0x7C00, 0x7C00, 16, 1 << 20);
        using ISessionWriter writer = log.Create(Guid.NewGuid(), name);
        using var recorder = new Recorder(writer, TimeProvider.System);
        using var machine = new VirtualMachine(Manifest(plan, digestEvery), plan.Images, inputs ?? Recordings.Inputs(""), recorder, options);
        RunResult result = machine.Run();
        recorder.Finish();
        recorder.Failure.ShouldBeNull();
        return result;
    }

    private static MachineManifest Manifest(BootPlan plan, ulong digestEvery) => new()
    {
        MemoryBytes = 1 << 20,
        CpuModel = Processor.CpuModel.Default.Name,
        WallClockStart = 0,
        ReplayVmmVersion = "0",
        RuntimeVersion = "0",
        Boot = plan.Boot,
        DigestEveryNanoseconds = digestEvery,
    };

    /// <summary>Reads the line status many times, then ends the machine.</summary>
    private static byte[] Poll(int rounds = Reads) => Program(c =>
    {
        Label again = c.CreateLabel();
        c.mov(cx, (ushort)rounds);
        c.mov(dx, LineStatus);
        c.Label(ref again);
        c.@in(al, dx);
        c.dec(cx);
        c.jnz(again);
        c.@out(0xF4, al);
    });

    /// <summary>Counts in memory without any exit, then ends the machine.</summary>
    private static byte[] Count() => Program(c =>
    {
        Label again = c.CreateLabel();
        c.mov(ecx, 3_000_000);
        c.Label(ref again);
        c.inc(__dword_ptr[0x8000]);
        c.dec(ecx);
        c.jnz(again);
        c.@out(0xF4, al);
    });

    /// <summary>Prints what is typed, until a q.</summary>
    private static byte[] Echo() => Program(c =>
    {
        Label again = c.CreateLabel();
        Label end = c.CreateLabel();
        c.Label(ref again);
        c.mov(dx, LineStatus);
        c.@in(al, dx);
        c.test(al, 1);
        c.jz(again);
        c.mov(dx, 0x3F8);
        c.@in(al, dx);
        c.cmp(al, (sbyte)'q');
        c.je(end);
        c.@out(dx, al);
        c.jmp(again);
        c.Label(ref end);
        c.@out(0xF4, al);
    });

    private static byte[] Program(Action<Assembler> write)
    {
        var assembler = new Assembler(16);
        write(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0x7C00);
        return stream.ToArray();
    }

    private sealed class FlawedPort(IPortDevice inner, int flawed) : IPortDevice, ITimedDevice, IConsoleDevice
    {
        private int reads;

        public string Name => inner.Name;
        public Span<byte> State => inner.State;
        public ulong Deadline => inner is ITimedDevice timed ? timed.Deadline : ulong.MaxValue;
        public int ReceiveCapacity => ((IConsoleDevice)inner).ReceiveCapacity;
        public void Advance() => (inner as ITimedDevice)?.Advance();
        public void Receive(ReadOnlySpan<byte> bytes) => ((IConsoleDevice)inner).Receive(bytes);
        public void WritePort(ushort port, int size, uint value) => inner.WritePort(port, size, value);
        public uint ReadPort(ushort port, int size) => inner.ReadPort(port, size) ^ (port == LineStatus && reads++ == flawed ? 1U : 0);
    }
}
