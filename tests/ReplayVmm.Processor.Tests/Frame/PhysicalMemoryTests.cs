using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests.Frame;

public sealed unsafe class PhysicalMemoryTests
{
    [Fact]
    public void Sixty_four_gibibytes_are_mapped_piece_by_piece_without_touching_them()
    {
        using PhysicalMemory memory = new();
        using HostMemory host = new(1 << 21);
        for (ulong at = 0; at < 64ul << 30; at += 1 << 21)
            memory.Map(at, 1 << 21, host.Address, MappingRights.Read);
        byte[] bytes = new byte[2];
        host.Address[0] = 7;
        memory.TryRead((64ul << 30) - (1 << 21), bytes).ShouldBeTrue();
        bytes[0].ShouldBe((byte)7);
        memory.TryRead((64ul << 30) - 1, bytes).ShouldBeFalse();
    }

    [Fact]
    public void Mappings_can_be_cut_replaced_and_removed_frame_by_frame()
    {
        using PhysicalMemory memory = new();
        using HostMemory host = new(4 << 21);
        memory.Map(0, 4 << 21, host.Address, MappingRights.Read | MappingRights.Write);
        memory.Unmap(0x20_1000, 0x1000);
        memory.Map(0x20_3000, 0x1000, host.Address + 0x10_0000, MappingRights.Read);
        ((nint)memory.Find(0x20_0FFF, out MappingRights rights)).ShouldBe((nint)host.Address + 0x20_0000);
        rights.ShouldBe(MappingRights.Read | MappingRights.Write);
        ((nint)memory.Find(0x20_1000, out _)).ShouldBe(0);
        ((nint)memory.Find(0x20_3456, out rights)).ShouldBe((nint)host.Address + 0x10_0000);
        rights.ShouldBe(MappingRights.Read);
        ((nint)memory.Find(0x40_0000, out _)).ShouldBe((nint)host.Address + 0x40_0000);
        memory.Unmap(0x1F_F000, 0x40_2000);
        ((nint)memory.Find(0x1F_F000, out _)).ShouldBe(0);
        ((nint)memory.Find(0x3F_F000, out _)).ShouldBe(0);
        ((nint)memory.Find(0x60_0000, out _)).ShouldBe(0);
        ((nint)memory.Find(0x60_1000, out _)).ShouldBe((nint)host.Address + 0x60_1000);
    }

    [Theory]
    [InlineData(1ul, 0x1000ul)]
    [InlineData(0ul, 0x800ul)]
    [InlineData(1ul << 46, 0x1000ul)]
    [InlineData((1ul << 46) - 0x1000, 0x2000ul)]
    public void Mappings_that_are_not_whole_pages_of_the_address_space_are_refused(ulong address, ulong length)
    {
        using PhysicalMemory memory = new();
        using HostMemory host = new(0x2000);
        Should.Throw<ArgumentException>(() => memory.Map(address, length, host.Address, MappingRights.Read));
        Should.Throw<ArgumentException>(() => memory.Unmap(address, length));
    }

    [Fact]
    public void A_write_is_reported_exactly_once_and_in_ascending_order()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(__byte_ptr[0x40_2000], 1);
            a.mov(__byte_ptr[0x3_0000], 2);
            a.mov(al, __byte_ptr[0x3_5000]);
            a.jmp(again);
        });
        m.RunFully(8);
        List<ulong> frames = [];
        m.Memory.VisitWrittenPages((frame, bytes) => frames.Add(frame + (frame == 0x402 ? (ulong)bytes[0] << 32 : 0)));
        frames.ShouldBeInOrder();
        frames.ShouldContain(0x1_0000_0402ul);
        frames.ShouldContain(0x30ul);
        frames.ShouldNotContain(0x35ul);
        frames.Clear();
        m.Memory.VisitWrittenPages((frame, _) => frames.Add(frame));
        frames.ShouldBeEmpty();
        m.RunFully(1);
        m.Memory.VisitWrittenPages((frame, _) => frames.Add(frame));
        frames.ShouldBe([0x402ul]);
    }

    [Fact]
    public void Remapping_a_frame_under_a_running_guest_is_seen_by_loads_and_by_code()
    {
        using TestMachine m = TestMachine.Long();
        m.Load(a =>
        {
            Iced.Intel.Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(al, 1);
            a.mov(bl, __byte_ptr[0x3_0000]);
            a.jmp(again);
        });
        m.RunFully(9);
        using HostMemory other = new(0x1000), code = new(0x1000);
        other.Address[0] = 9;
        new Span<byte>(m.Ram + TestMachine.CodeAddress, 0x1000).CopyTo(new Span<byte>(code.Address, 0x1000));
        code.Address[1] = 5;
        m.Memory.Map(0x3_0000, 0x1000, other.Address, MappingRights.Read);
        m.Memory.Map(TestMachine.CodeAddress, 0x1000, code.Address, MappingRights.Read);
        m.RunFully(3);
        (m.State->Gpr[0], m.State->Gpr[3]).ShouldBe((5ul, 9ul));
    }
}
