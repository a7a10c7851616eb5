using ReplayVmm.Events;

namespace ReplayVmm.Hypervisor.Tests;

public sealed class VmStateTests
{
    [Fact]
    public void Two_states_that_took_the_same_events_are_equal_in_words_and_bytes()
    {
        VmState a = Sample(), b = Sample();
        a.DescribeDifference(b).ShouldBeNull();
        a.VcpuBytes.SequenceEqual(b.VcpuBytes).ShouldBeTrue();
        a.MemslotBytes.SequenceEqual(b.MemslotBytes).ShouldBeTrue();
        a.Profile.ShouldBe("latest,truncation:3");
    }

    [Fact]
    public void A_difference_is_named()
    {
        VmState a = Sample(), b = Sample();
        b.Apply(new Event { Kind = EventKind.MsrWritten, A = 0x277, C = 6 }, default);
        a.DescribeDifference(b).ShouldBe("vcpu 0 IA32_PAT: 7040600070406 and 6");
        b = Sample();
        b.Apply(new Event { Kind = EventKind.MemslotFlagsUpdated, A = 1, B = 0, C = 1 }, default);
        a.DescribeDifference(b).ShouldBe("memslot 1: 100000+4000 flags 0 and 100000+4000 flags 1");
        b = Sample();
        b.Apply(new Event { Kind = EventKind.DebugRegisterWritten, A = 3, C = 9 }, default);
        a.DescribeDifference(b).ShouldBe("vcpu 0 DR3: 0 and 9");
    }

    [Fact]
    public void Applying_is_total_and_hostile_events_change_nothing_outside_their_place()
    {
        var random = new Random(99);
        var state = new VmState();
        Span<byte> payload = stackalloc byte[32];
        for (int i = 0; i < 200_000; i++)
        {
            random.NextBytes(payload);
            var e = new Event
            {
                Kind = (EventKind)random.Next(256),
                Vm = (byte)random.Next(256),
                Vcpu = (byte)random.Next(256),
                A = random.Next(2) == 0 ? (ulong)random.NextInt64(-1, long.MaxValue) : (ulong)random.Next(40),
                B = (ulong)random.NextInt64(),
                C = (ulong)random.NextInt64(),
                D = (ulong)random.Next(2),
                E = (ulong)random.NextInt64(),
            };
            state.Apply(e, payload);
        }
        state.DescribeDifference(state).ShouldBeNull();
    }

    [Fact]
    public void Deleted_slots_are_gone_and_addresses_find_their_slot()
    {
        VmState state = Sample();
        state.TryFindMemslot(0x100FFF, out Memslot slot).ShouldBeTrue();
        slot.Address.ShouldBe(0x100000ul);
        state.TryFindMemslot(0x104000, out _).ShouldBeFalse();
        state.Apply(new Event { Kind = EventKind.MemslotDeleted, A = 1 }, default);
        state.TryFindMemslot(0x100FFF, out _).ShouldBeFalse();
    }

    [Fact]
    public void Every_tracked_msr_has_a_slot_of_its_own()
    {
        int[] slots = [.. MsrTable.Rows.Where(r => r.Slot >= 0).Select(r => r.Slot)];
        slots.ShouldBeUnique();
        slots.ShouldAllBe(s => s < VcpuState.MsrSlots);
        MsrTable.Rows.Select(r => r.Index).ShouldBeUnique();
    }

    private static VmState Sample()
    {
        var state = new VmState();
        state.Apply(new Event { Kind = EventKind.SessionStarted }, """{"Boot":{"Patches":"no"},"Patches":"latest,truncation:3"}"""u8);
        state.Apply(new Event { Kind = EventKind.MemslotSet, A = 0, B = 0, C = 0xA0000 }, default);
        state.Apply(new Event { Kind = EventKind.MemslotSet, A = 1, B = 0x100000, C = 0x4000 }, default);
        state.Apply(new Event { Kind = EventKind.VcpuCreated }, default);
        state.Apply(new Event { Kind = EventKind.VcpuReset }, default);
        return state;
    }
}
