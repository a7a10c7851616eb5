using ReplayVmm.Events;
using ReplayVmm.Machine;
using ReplayVmm.Machine.Tests;

namespace ReplayVmm.Replay.Tests;

/// <summary>Machines with several processors are recorded and replayed like any other.</summary>
public class SmpReplayTests
{
    private readonly MemoryLog log = new();

    private RunResult Record(int vcpus, MachineOptions? options = null)
    {
        BootPlan plan = SmpGuest.Plan(vcpus);
        using ISessionWriter writer = log.Create(Guid.NewGuid(), "smp");
        using var recorder = new Recorder(writer, TimeProvider.System);
        using var machine = new VirtualMachine(
            SmpGuest.Manifest(plan, vcpus), plan.Images, Recordings.Inputs(""), recorder, options ?? new MachineOptions { UntilTime = 1_000_000_000 });
        RunResult result = machine.Run();
        recorder.Finish();
        recorder.Failure.ShouldBeNull();
        return result;
    }

    private static void ShouldBeIdentical(ReplayReport report, RunResult recorded)
    {
        report.Outcome.ShouldBe(ReplayOutcome.Identical, report.Divergence is { } d ? DivergenceText.Of(d, "smp") : "");
        (report.Instructions, report.VirtualTime).ShouldBe((recorded.Instructions, recorded.VirtualTime));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void A_machine_with_several_processors_replays_identically(int vcpus)
    {
        RunResult recorded = Record(vcpus);
        recorded.Reason.ShouldBe(EndReason.GuestExit);
        for (int i = 0; i < 2; i++)
            ShouldBeIdentical(new Replayer(log).Execute(log.Find("smp")), recorded);
        Recordings.Events(log, "smp").Select(e => (int)e.Envelope.Vcpu).Distinct().Order().ShouldBe(Enumerable.Range(0, vcpus));
    }

    [Theory]
    [InlineData(333ul, null)]
    [InlineData(null, 54_321ul)]
    public void An_end_in_the_middle_of_another_processors_turn_is_met_exactly(ulong? events, ulong? time)
    {
        RunResult recorded = Record(4, new MachineOptions { UntilEvents = events, UntilTime = time });
        recorded.Reason.ShouldBe(events is null ? EndReason.TimeReached : EndReason.EventsReached);
        ShouldBeIdentical(new Replayer(log).Execute(log.Find("smp")), recorded);
    }

    [Fact]
    public void A_bit_that_flips_in_a_register_of_the_last_processor_is_found_at_the_next_digest()
    {
        Record(4);
        bool flipped = false;
        ReplayReport report = new Replayer(log).Execute(log.Find("smp"), new ReplayOptions
        {
            Adjust = options => options with { Disturb = machine => flipped = Flip(machine, flipped) },
        });
        flipped.ShouldBeTrue();
        report.Divergence.ShouldNotBeNull().IsSilent.ShouldBeTrue();
    }

    // SAFETY: the processor is not running at a turn's end.
    private static unsafe bool Flip(VirtualMachine machine, bool done)
    {
        if (!done && machine.VirtualTime > 30_000)
            machine.Processor(3).State->Gpr[15] ^= 1;
        return done || machine.VirtualTime > 30_000;
    }
}
