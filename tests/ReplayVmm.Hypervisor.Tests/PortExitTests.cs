using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor.Tests;

public sealed class PortExitTests
{
    private const ulong In = 8;

    private static VmExit Port(ushort port, int size, ulong direction, ulong data = 0) => new()
    {
        Reason = ExitReason.IoInstruction,
        InstructionLength = 2,
        Qualification = ((ulong)port << 16) | direction | (uint)(size - 1),
        Data = data,
    };

    [Theory]
    [InlineData(1, 0x60u)]
    [InlineData(2, 0xBEEFu)]
    [InlineData(4, 0xDEADBEEFu)]
    public void In_asks_the_bus_once_and_records_its_answer(int size, uint answer)
    {
        var guest = new FakeGuest();
        guest.Ports.Enqueue(answer);

        Event e = guest.One(Port(0x3FD, size, In));

        e.Kind.ShouldBe(EventKind.PortRead);
        (e.A, e.B, e.C, e.D).ShouldBe((0x3FDul, (ulong)size, answer, FakeGuest.Rip));
        guest.Asked.ShouldBe([$"in 3fd {size}"]);
    }

    [Fact]
    public void Out_records_no_more_than_the_bytes_it_writes_and_asks_nothing()
    {
        var guest = new FakeGuest();

        Event e = guest.One(Port(0x3F8, 1, 0, data: 0xFFFF_FF41));

        e.Kind.ShouldBe(EventKind.PortWritten);
        (e.A, e.B, e.C, e.D).ShouldBe((0x3F8ul, 1ul, 0x41ul, FakeGuest.Rip));
        guest.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void A_load_outside_memory_is_a_device_read_of_its_size()
    {
        var guest = new FakeGuest();
        guest.Mmio.Enqueue(ulong.MaxValue);

        Event e = guest.One(new VmExit { Reason = ExitReason.EptViolation, Qualification = 0x181, GuestPhysicalAddress = 0xFEE0_0020, AccessSize = 4 });

        e.Kind.ShouldBe(EventKind.MmioRead);
        (e.A, e.B, e.C).ShouldBe((0xFEE0_0020ul, 4ul, 0xFFFF_FFFFul));
        guest.Asked.ShouldBe(["load fee00020 4"]);
    }

    [Fact]
    public void A_store_outside_memory_is_a_device_write()
    {
        Event e = new FakeGuest().One(
            new VmExit { Reason = ExitReason.EptViolation, Qualification = 0x182, GuestPhysicalAddress = 0xB8000, AccessSize = 2, Data = 0x1_0741 });

        e.Kind.ShouldBe(EventKind.MmioWritten);
        (e.A, e.B, e.C).ShouldBe((0xB8000ul, 2ul, 0x741ul));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void The_part_of_an_access_that_lies_behind_memory_is_a_device_access_of_any_size(byte size)
    {
        var guest = new FakeGuest();
        guest.Mmio.Enqueue(ulong.MaxValue);

        Event e = guest.One(new VmExit { Reason = ExitReason.EptViolation, Qualification = 0x181, GuestPhysicalAddress = 0xA0000, AccessSize = size });

        e.Kind.ShouldBe(EventKind.MmioRead);
        (e.A, e.B, e.C).ShouldBe((0xA0000ul, (ulong)size, ulong.MaxValue >> (64 - (8 * size))));
    }

    [Fact]
    public void A_processor_that_cannot_fetch_by_itself_stops_the_guest_with_the_address()
    {
        Event e = new FakeGuest().One(new VmExit { Reason = ExitReason.EptViolation, Qualification = 0x184, GuestPhysicalAddress = 0xD000_0000 });

        e.Kind.ShouldBe(EventKind.InternalError);
        (e.A, e.B, e.C).ShouldBe((Suberrors.Emulation, FakeGuest.Rip, 0xD000_0000ul));
    }
}
