namespace ReplayVmm.Devices.Tests;

/// <summary>A small driver, as the virtio specification describes one in sections 3.1.1, 4.2.3 and 2.7.13: registers by their numbers.</summary>
internal sealed class VirtioDriver(VirtioDevice device, Ram ram, ManualClock clock)
{
    public const ushort Next = 1, Write = 2, Indirect = 4;

    private readonly ulong[] descriptors = new ulong[2], available = new ulong[2], used = new ulong[2];
    private readonly ushort[] published = new ushort[2], seen = new ushort[2], free = new ushort[2];

    public ushort Size { get; set; } = 16;

    public uint Status => Read(0x070);

    public uint InterruptStatus => Read(0x060);

    public bool NeedsReset => (Status & 0x40) != 0;

    public uint Read(ulong register) => (uint)device.ReadMemory(register, 4);

    public void Set(ulong register, uint value) => device.WriteMemory(register, 4, value);

    public ulong Descriptors(int queue) => descriptors[queue];

    public ulong Available(int queue) => available[queue];

    public ulong Used(int queue) => used[queue];

    public ulong OfferedFeatures()
    {
        Set(0x014, 0);
        ulong low = Read(0x010);
        Set(0x014, 1);
        return low | ((ulong)Read(0x010) << 32);
    }

    /// <summary>Steps 1 to 6 of section 3.1.1.</summary>
    public void Negotiate(ulong features)
    {
        Set(0x070, 0);
        Set(0x070, 1);
        Set(0x070, 3);
        Set(0x024, 0);
        Set(0x020, (uint)features);
        Set(0x024, 1);
        Set(0x020, (uint)(features >> 32));
        Set(0x070, 0x0B);
    }

    /// <summary>Step 7, the queues; the rings of queue n lie in the n-th 64 KiB of memory.</summary>
    public void SetUp(int queue)
    {
        ulong at = Ram.Start + ((ulong)queue << 16);
        (descriptors[queue], available[queue], used[queue]) = (at, at + 0x4000, at + 0x5000);
        (published[queue], seen[queue], free[queue]) = (0, 0, 0);
        ram.At(at, 0x6000).Clear();
        Set(0x030, (uint)queue);
        Set(0x038, Size);
        Set(0x080, (uint)descriptors[queue]);
        Set(0x084, (uint)(descriptors[queue] >> 32));
        Set(0x090, (uint)available[queue]);
        Set(0x094, (uint)(available[queue] >> 32));
        Set(0x0A0, (uint)used[queue]);
        Set(0x0A4, (uint)(used[queue] >> 32));
        Set(0x044, 1);
    }

    /// <summary>All steps; the device is live afterwards.</summary>
    public void Start(int queues)
    {
        Negotiate(OfferedFeatures());
        (Status & 8).ShouldBe(8u);
        for (int i = 0; i < queues; i++)
            SetUp(i);
        Set(0x070, 0x0F);
        Status.ShouldBe(0x0Fu);
    }

    /// <summary>Writes one descriptor.</summary>
    public void Describe(int queue, int index, ulong address, uint length, ushort flags, ushort next = 0)
    {
        ulong at = descriptors[queue] + ((ulong)index * 16);
        ram.Qword(at, address);
        ram.Dword(at + 8, length);
        ram.Word(at + 12, flags);
        ram.Word(at + 14, next);
    }

    /// <summary>Makes the chain that begins at <paramref name="head"/> available, without telling the device.</summary>
    public void Publish(int queue, ushort head)
    {
        ram.Word(available[queue] + 4 + ((ulong)(published[queue] % Size) * 2), head);
        ram.Word(available[queue] + 2, ++published[queue]);
    }

    /// <summary>Puts a chain of buffers into the queue and tells the device; its head.</summary>
    public ushort Send(int queue, params (ulong Address, uint Length, bool Writable)[] buffers)
    {
        ushort head = free[queue];
        for (int i = 0; i < buffers.Length; i++)
        {
            ushort at = free[queue];
            free[queue] = (ushort)((at + 1) % Size);
            ushort flags = (ushort)((buffers[i].Writable ? Write : 0) | (i + 1 < buffers.Length ? Next : 0));
            Describe(queue, at, buffers[i].Address, buffers[i].Length, flags, free[queue]);
        }

        Publish(queue, head);
        Set(0x050, (uint)queue);
        return head;
    }

    /// <summary>Lets the device do all that it has begun.</summary>
    public void Finish()
    {
        for (int i = 0; i < 1000 && device.Deadline != ulong.MaxValue; i++)
        {
            clock.Now = device.Deadline;
            device.Advance();
        }
    }

    /// <summary>The next used element, or null where the device has given none back.</summary>
    public (uint Head, uint Length)? Take(int queue)
    {
        if (ram.Word(used[queue] + 2) == seen[queue])
            return null;
        ulong at = used[queue] + 4 + ((ulong)(seen[queue]++ % Size) * 8);
        return (ram.Dword(at), ram.Dword(at + 4));
    }
}
