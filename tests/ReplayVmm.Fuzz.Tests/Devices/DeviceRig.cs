using ReplayVmm.Devices;
using ReplayVmm.Machine;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>All devices of a machine, wired as a machine wires them, and a hostile driver.</summary>
internal sealed class DeviceRig : IPlatform
{
    private readonly MachineClock clock = new(1);
    private readonly ConsoleTap console = new(0, null), debug = new(1, null);
    private readonly DeviceSet devices;
    private readonly byte[] typed = new byte[24];
    private VcpuDevices own;
    private ulong offset;

    public DeviceRig(ulong start)
    {
        clock.Units = start;
        devices = new DeviceSet(clock, this, console, debug, Manifests.Least with { Vcpus = 3 }, hasApic: true, replace: null);
        own = devices.Vcpus[0];
    }

    /// <summary>What <see cref="Access"/> read, taken together.</summary>
    public ulong Seen { get; private set; }

    /// <summary>What devices asked of the machine.</summary>
    public ulong Requests { get; private set; }

    private static ReadOnlySpan<ushort> Ports =>
    [
        0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x72, 0x73, 0x60, 0x64, 0x92, 0x80, 0xE9, 0x402,
        0xF4, 0x501, 0x600, 0x602, 0x604, 0x608, 0xB004, 0xCF8,
        0xCF9, 0xCFC, 0x3F8, 0x3F9, 0x3FA, 0x3FB, 0x3FC, 0x3FD, 0x3FE, 0x3FF,
    ];

    public void Request(PlatformRequest request, uint code) => Requests = (Requests * 31) + (ulong)request + code + 1;

    /// <summary>Puts the state of <paramref name="other"/> into these devices.</summary>
    public void Load(DeviceRig other)
    {
        clock.Units = other.clock.Units;
        for (int i = 0; i < devices.All.Length; i++)
            other.devices.All[i].State.CopyTo(devices.All[i].State);
        offset = other.offset;
        Requests = other.Requests;
        foreach (VcpuDevices one in devices.Vcpus)
            one.TimestampChanged(offset);
    }

    /// <summary>The first device whose state is not that of <paramref name="other"/>; null where all are equal.</summary>
    public string? DifferenceFrom(DeviceRig other)
    {
        for (int i = 0; i < devices.All.Length; i++)
        {
            if (!devices.All[i].State.SequenceEqual(other.devices.All[i].State))
                return devices.All[i].Name;
        }

        return clock.Units != other.clock.Units ? "time" : Requests != other.Requests ? "requests" : null;
    }

    /// <summary>Random bytes for states: a checkpoint may hold anything.</summary>
    public void Corrupt(Dice dice)
    {
        IDevice device = devices.All[dice.Below(devices.All.Length)];
        if (device.State.Length == 0)
            return;
        if (dice.OnceIn(2))
            dice.Fill(device.State);
        else
            device.State[dice.Below(device.State.Length)] = (byte)dice.Next();
    }

    /// <summary>One act of a driver; what it saw.</summary>
    public ulong Act(Dice dice)
    {
        console.Clear();
        debug.Clear();
        own = devices.Vcpus[dice.OnceIn(4) ? dice.Below(devices.Vcpus.Length) : 0];
        switch (dice.Below(16))
        {
            case 0 or 1:
                return Pass(dice);
            case 2:
                return (ulong)own.AcknowledgeInterrupt();
            case 3:
                if (own.InitPending)
                    own.TakeInit();
                if (own.StartUpPending)
                    return own.TakeStartUp();
                if (own.NmiPending)
                    own.TakeNmi();
                return own.InterruptPending ? 1ul : 0;
            case 4:
                Span<byte> bytes = typed.AsSpan(0, Math.Min(dice.Below(typed.Length + 1), devices.Serial.ReceiveCapacity));
                dice.Fill(bytes);
                devices.Serial.Receive(bytes);
                return (ulong)devices.Serial.ReceiveCapacity;
            case 5 or 6:
                return Memory(dice);
            case 7:
                return Registers(dice);
            default:
                return Port(dice);
        }
    }

    /// <summary>One random load or store at <paramref name="address"/>; what it saw.</summary>
    public ulong Access(Dice dice, ulong address)
    {
        int size = dice.OnceIn(2) ? 4 : 1 + dice.Below(8);
        if (dice.OnceIn(2))
        {
            ulong value = own.ReadMmio(address, size);
            Seen |= value;
            return value;
        }

        own.WriteMmio(address, size, dice.OnceIn(3) ? (ulong)dice.Below(0x400) | 0x100 : dice.Number());
        return own.TaskPriority;
    }

    private ulong Port(Dice dice)
    {
        ushort port = dice.OnceIn(32) ? (ushort)dice.Next() : (ushort)(dice.Pick(Ports) - (dice.OnceIn(16) ? dice.Below(4) : 0));
        int size = dice.Pick<int>([1, 1, 1, 1, 2, 4]);
        if (dice.OnceIn(2))
            return devices.Ports.Read(port, size);
        devices.Ports.Write(port, size, dice.OnceIn(2) ? (uint)dice.Below(256) : (uint)dice.Number());
        return 0;
    }

    private ulong Memory(Dice dice)
    {
        ulong address = dice.Below(8) switch
        {
            0 => TextScreen.Address + (ulong)dice.Below(TextScreen.Length + 16) - 8,
            1 => LocalApic.DefaultBase + (ulong)dice.Below(0x1010) - 8,
            2 => dice.Number(),
            3 or 4 or 5 => IoApic.Address + (dice.OnceIn(6) ? (ulong)dice.Below(0x1000) : dice.Pick<ulong>([0x00, 0x00, 0x10, 0x10, 0x10, 0x40])),
            _ => LocalApic.DefaultBase + (ulong)(dice.Below(0x40) * 16),
        };
        return Access(dice, address);
    }

    private ulong Registers(Dice dice)
    {
        uint msr = dice.OnceIn(6) ? 0x6E0 : 0x800u + (uint)dice.Below(dice.OnceIn(4) ? 0x100 : 0x40);
        ulong value = dice.OnceIn(3) ? dice.Number() : msr == 0x6E0 ? clock.Units + offset + (ulong)dice.Below(1_000_000)
            : (ulong)dice.Below(0x400) | 0x100;
        switch (dice.Below(8))
        {
            case 0:
                own.SetApicBase(
                    dice.OnceIn(6) ? dice.Number() : dice.Pick<ulong>([0xFEE0_0900, 0xFEE0_0D00, 0xFEE0_0100, 0xFEE0_0900, 0xFEC0_0900]));
                return 0;
            case 1:
                offset = dice.OnceIn(2) ? dice.Number() : 0;
                foreach (VcpuDevices one in devices.Vcpus)
                    one.TimestampChanged(offset);
                return 0;
            case 2:
                own.TaskPriority = (byte)dice.Next();
                return own.TaskPriority;
            case 3 or 4:
                return own.TryReadApicMsr(msr, out ulong read) ? read : 1;
            default:
                if (own.AcceptsApicMsr(msr, value))
                    own.WriteApicMsr(msr, value);
                return 2;
        }
    }

    /// <summary>Time goes on, deadline by deadline as a machine's does; each one served lies behind afterwards.</summary>
    private ulong Pass(Dice dice)
    {
        ulong piece = dice.Pick<ulong>([1, 1000, 100_000, 10_000_000, 3_000_000_000, 20_000_000_000_000]);
        ulong end = clock.Units + (piece * (ulong)(1 + dice.Below(4)));
        for (int stops = 32; stops > 0 && devices.Deadline <= end; stops--)
        {
            clock.Units = Math.Max(clock.Units, devices.Deadline);
            devices.Advance(clock.Now);
            FuzzException.Unless(devices.Deadline > clock.Now,
                $"a deadline of {devices.Deadline} is not behind {clock.Now} after it was served");
        }

        clock.Units = end;
        devices.Advance(end);
        return devices.Deadline;
    }
}
