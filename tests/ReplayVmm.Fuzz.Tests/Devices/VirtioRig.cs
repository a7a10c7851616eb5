using System.Buffers.Binary;
using ReplayVmm.Devices;
using ReplayVmm.Machine;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The three virtio devices of a machine with 64 KiB of memory for their rings, and a driver that knows the rules and breaks them.</summary>
internal sealed class VirtioRig : IGuestMemory, IConsoleSink, IEntropyDoor, IDisk, IDiskObserver, IInterruptLine
{
    private const int MemoryLength = 1 << 16, DiskSectors = 64, RingsEach = 0x2000, SectorLength = 512;
    private const ulong Base = 0x4000_0000;

    private readonly MachineClock clock = new(1);
    private readonly byte[] memory = new byte[MemoryLength];
    private readonly byte[] disk = new byte[DiskSectors * SectorLength];
    private readonly byte[] typed = new byte[80];
    private readonly VirtioDevice[] devices;
    private readonly VirtioConsole console;
    private readonly MmioBus bus;
    private readonly DeadlineRegistry deadlines;
    private ulong drawn, printed, completed;

    public VirtioRig()
    {
        VirtioWiring wiring = new(clock, this, this);
        console = new VirtioConsole(this, wiring);
        devices = [new VirtioBlock(this, this, wiring, 1000, 100), console, new VirtioEntropy(this, wiring)];
        bus = new MmioBus(devices.Select((d, i) => new MmioClaim(d, AddressOf(i), VirtioDevice.WindowLength)));
        deadlines = new DeadlineRegistry(devices);
    }

    /// <summary>Chains that devices gave back, requests of the disk that were answered, and bytes that were printed.</summary>
    public (ulong Drawn, ulong Completed, ulong Printed) Work => (drawn, completed, printed);

    public ulong Sectors => DiskSectors;

    public string Serial => "fuzz";

    private static ReadOnlySpan<ulong> Registers =>
    [
        0x00, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x20, 0x24, 0x30, 0x34, 0x38, 0x44, 0x50, 0x50, 0x50, 0x50, 0x60, 0x64, 0x64, 0x70, 0x70, 0x80, 0x84, 0x90,
        0x94, 0xA0, 0xA4, 0xAC, 0xB0, 0xBC, 0xC0, 0xFC, 0x100, 0x108,
    ];

    public bool Contains(ulong address, ulong length) =>
        address >= Base && length <= MemoryLength && address - Base <= MemoryLength - length;

    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (!Contains(address, (ulong)destination.Length))
            return false;
        memory.AsSpan((int)(address - Base), destination.Length).CopyTo(destination);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Contains(address, (ulong)source.Length))
            return false;
        source.CopyTo(memory.AsSpan((int)(address - Base)));
        return true;
    }

    public void Write(byte value) => printed++;

    public ulong Draw(int size)
    {
        FuzzException.Unless(size is >= 1 and <= 8, $"{size} bytes of a word");
        return ++drawn * 0x9E37_79B9_7F4A_7C15;
    }

    public void Read(ulong sector, Span<byte> destination) => disk.AsSpan((int)sector * SectorLength, destination.Length).CopyTo(destination);

    public void Write(ulong sector, ReadOnlySpan<byte> source) => source.CopyTo(disk.AsSpan((int)sector * SectorLength));

    public void Completed(bool write, ulong sector, uint length, byte status) => completed++;

    public void Set(bool asserted)
    {
        // Its level follows from the state, which is compared.
    }

    /// <summary>Puts the state of <paramref name="other"/> into these devices.</summary>
    public void Load(VirtioRig other)
    {
        clock.Units = other.clock.Units;
        other.memory.CopyTo(memory, 0);
        other.disk.CopyTo(disk, 0);
        (drawn, printed, completed) = other.Work switch { var w => (w.Drawn, w.Printed, w.Completed) };
        for (int i = 0; i < devices.Length; i++)
            other.devices[i].State.CopyTo(devices[i].State);
    }

    /// <summary>What differs from <paramref name="other"/>; null for nothing.</summary>
    public string? DifferenceFrom(VirtioRig other)
    {
        for (int i = 0; i < devices.Length; i++)
        {
            if (!devices[i].State.SequenceEqual(other.devices[i].State))
                return devices[i].Name;
        }

        return !memory.AsSpan().SequenceEqual(other.memory) ? "memory" : !disk.AsSpan().SequenceEqual(other.disk) ? "disk"
            : Work != other.Work ? "what was done" : clock.Units != other.clock.Units ? "time" : null;
    }

    /// <summary>Random bytes for a state: a checkpoint may hold anything.</summary>
    public void Corrupt(Dice dice)
    {
        Span<byte> state = devices[dice.Below(devices.Length)].State;
        if (dice.OnceIn(4))
            dice.Fill(state);
        else
            state[dice.Below(state.Length)] = (byte)dice.Next();
    }

    /// <summary>One act of a driver, with at most one access to a register outside of setting up; what it saw.</summary>
    public ulong Act(Dice dice)
    {
        int which = dice.Below(devices.Length);
        switch (dice.Below(16))
        {
            case 0:
                return Pass(dice);
            case 1 when devices[which].Status != (VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.FeaturesOk | VirtioStatus.DriverOk):
                SetUp(dice, which);
                return devices[which].Deadline;
            case 2:
                int room = console.ReceiveCapacity;
                console.Receive(typed.AsSpan(0, dice.Below(typed.Length)));
                return (ulong)room;
            case 3:
                Scribble(dice);
                return 0;
            case 4 or 5 or 6 or 7 or 8 or 9:
                Request(dice, which);
                return devices[which].Deadline;
            default:
                return Access(dice, which);
        }
    }

    private static ulong AddressOf(int which) => 0xFEB0_0000 + ((ulong)which * VirtioDevice.WindowLength);

    private static int Rings(int which, int queue) => ((which * 2) + queue) * RingsEach;

    private void Register(int which, ulong register, uint value) => bus.Write(AddressOf(which) + register, 4, value);

    private ulong Access(Dice dice, int which)
    {
        ulong register = dice.OnceIn(8) ? (ulong)dice.Below(0x200) : dice.Pick(Registers);
        int size = dice.OnceIn(8) ? 1 + dice.Below(8) : 4;
        if (dice.OnceIn(3))
            return bus.Read(AddressOf(which) + register, size);
        // Resets come seldom enough that something happens between them.
        ulong value = register == 0x70 && !dice.OnceIn(16) ? 15 : dice.OnceIn(2) ? (ulong)dice.Below(4) : dice.Number();
        bus.Write(AddressOf(which) + register, size, value);
        return devices[which].ReadMemory(0x70, 4);
    }

    /// <summary>As the specification wants it, or nearly so.</summary>
    private void SetUp(Dice dice, int which)
    {
        Register(which, 0x70, 0);
        Register(which, 0x70, 3);
        Register(which, 0x24, 1);
        Register(which, 0x20, dice.OnceIn(32) ? (uint)dice.Next() : 1);
        Register(which, 0x70, 11);
        for (int queue = 0; queue < 2; queue++)
        {
            ulong at = Base + (ulong)Rings(which, queue);
            memory.AsSpan(Rings(which, queue), RingsEach).Clear();
            Register(which, 0x30, (uint)queue);
            Register(which, 0x38, dice.OnceIn(32) ? (uint)dice.Number() : 1u << dice.Below(8));
            Register(which, 0x80, (uint)(at + (dice.OnceIn(64) ? dice.Next() : 0)));
            Register(which, 0x90, (uint)at + 0x800);
            Register(which, 0xA0, (uint)at + 0x1000);
            Register(which, 0x84, dice.OnceIn(64) ? (uint)dice.Next() : 0);
            Register(which, 0x44, 1);
        }

        Register(which, 0x70, 15);
    }

    /// <summary>A chain of one to four descriptors, most of them sound; for the disk with a header.</summary>
    private void Request(Dice dice, int which)
    {
        int queue = which == 1 ? dice.Below(2) : 0, rings = Rings(which, queue), count = 1 + dice.Below(4);
        if (which == 0)
            count = Math.Max(2, count);
        for (int i = 0; i < count; i++)
        {
            bool writable = which switch { 0 => i == count - 1 || dice.OnceIn(4), 1 => queue == 0, _ => true };
            uint length = which == 0 && i == 0 ? 16 : dice.OnceIn(16) ? (uint)dice.Number() : dice.Pick<uint>([1, 16, 512, 1024, 4096, 20]);
            ulong address = Base + (dice.OnceIn(32) ? dice.Number() : (ulong)(0xC000 + (dice.Below(0x20) * 0x100)));
            int flags = (i + 1 < count ? 1 : 0) | (writable ? 2 : 0) | (dice.OnceIn(64) ? dice.Below(16) : 0);
            Describe(rings + (i * 16), address, length, (ushort)flags, (ushort)(dice.OnceIn(32) ? dice.Below(200) : i + 1));
            if (which == 0 && i == 0 && Contains(address, 16))
                FillHeader(dice, (int)(address - Base));
        }

        Span<byte> available = memory.AsSpan(rings + 0x800);
        ushort index = BinaryPrimitives.ReadUInt16LittleEndian(available[2..]);
        // The size of the queue is not kept here: every entry of the ring names the chain.
        BinaryPrimitives.WriteUInt16LittleEndian(available[(4 + ((index % 128) * 2))..], (ushort)(dice.OnceIn(64) ? dice.Below(200) : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(available[2..], (ushort)(index + (dice.OnceIn(64) ? dice.Below(300) : 1)));
        Register(which, 0x50, (uint)queue);
    }

    private void FillHeader(Dice dice, int at)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(memory.AsSpan(at), dice.Pick<uint>([0, 0, 0, 1, 1, 1, 4, 8, 11, 99]));
        BinaryPrimitives.WriteUInt64LittleEndian(memory.AsSpan(at + 8), dice.OnceIn(8) ? dice.Number() : (ulong)dice.Below(DiskSectors));
    }

    private void Describe(int at, ulong address, uint length, ushort flags, ushort next)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(memory.AsSpan(at), address);
        BinaryPrimitives.WriteUInt32LittleEndian(memory.AsSpan(at + 8), length);
        BinaryPrimitives.WriteUInt16LittleEndian(memory.AsSpan(at + 12), flags);
        BinaryPrimitives.WriteUInt16LittleEndian(memory.AsSpan(at + 14), next);
    }

    /// <summary>Noise anywhere in memory, rings included.</summary>
    private void Scribble(Dice dice)
    {
        int at = dice.Below(MemoryLength - 64);
        dice.Fill(memory.AsSpan(at, 1 + dice.Below(64)));
    }

    private ulong Pass(Dice dice)
    {
        ulong end = clock.Units + dice.Pick<ulong>([1, 1000, 20_000, 1_000_000]);
        for (int stops = 16; stops > 0 && deadlines.Earliest <= end; stops--)
        {
            clock.Units = Math.Max(clock.Units, deadlines.Earliest);
            deadlines.AdvanceDue(clock.Now);
            FuzzException.Unless(deadlines.Earliest > clock.Now, $"a deadline of {deadlines.Earliest} is not behind {clock.Now} after it was served");
        }

        clock.Units = end;
        deadlines.AdvanceDue(end);
        return deadlines.Earliest;
    }
}
