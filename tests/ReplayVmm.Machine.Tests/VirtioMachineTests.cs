using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Iced.Intel;
using ReplayVmm.Events;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

/// <summary>Guests that drive the virtio devices of a real machine by polling.</summary>
public sealed class VirtioMachineTests : IDisposable
{
    private const uint Block = 0xFEB0_0000, Console = 0xFEB0_1000, Entropy = 0xFEB0_2000;
    private const ulong Rings = 0x20000, RingsEach = 0x1000;
    private const uint Header = 0x30000, Status = 0x30020, Data = 0x31000;
    private const int Write = 2, Next = 1;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"virtio-machine-{Guid.NewGuid():n}.img");
    private readonly byte[] image = new byte[64 * 512];

    public VirtioMachineTests()
    {
        new Random(5).NextBytes(image);
        Encoding.ASCII.GetBytes("from the disk").CopyTo(image, 512);
        File.WriteAllBytes(path, image);
    }

    public void Dispose() => File.Delete(path);

    [Fact]
    public void A_guest_reads_writes_and_reads_back_its_disk_and_the_image_stays_as_it_was()
    {
        // Three requests: read sector 1; write it to sector 5; read sector 5.
        (RunResult result, Log log, byte[] disk) = Run(DiskGuest());

        result.Reason.ShouldBe(EndReason.GuestExit);
        result.Code.ShouldBe(1u, "the last status byte was not 0");
        log.Printed.ShouldBe("from the disk");
        log.Of(EventKind.BlockRead).Select(e => (e.Event.B, e.Event.C, e.Event.D)).ShouldBe([(1ul, 512ul, 0ul), (5ul, 512ul, 0ul)]);
        log.Of(EventKind.BlockWritten).Select(e => (e.Event.B, e.Event.C, e.Event.D)).ShouldBe([(5ul, 512ul, 0ul)]);
        File.ReadAllBytes(path).ShouldBe(image);
        disk.AsSpan(5 * 512, 512).SequenceEqual(image.AsSpan(512, 512)).ShouldBeTrue();
        image.CopyTo(disk.AsSpan());
        disk.ShouldBe(image);
    }

    [Fact]
    public void Two_runs_are_equal_and_another_image_or_latency_makes_another_run()
    {
        string[] first = Run(DiskGuest()).Log.Lines;
        Run(DiskGuest()).Log.Lines.ShouldBe(first);
        Run(DiskGuest(), disk => disk with { LatencyNanoseconds = 30_000 }).Log.Lines[^1].ShouldNotBe(first[^1]);
        image[512 + 400] ^= 1;
        File.WriteAllBytes(path, image);
        Run(DiskGuest()).Log.Lines[^1].ShouldNotBe(first[^1], "the final digest covers what was read");
    }

    [Fact]
    public void A_wrong_image_is_refused_with_both_hashes_and_a_missing_one_is_named()
    {
        BootPlan plan = DiskGuest();
        MachineManifest manifest = Manifest(plan);
        string expected = manifest.Disk!.Sha256;
        image[0] ^= 1;
        File.WriteAllBytes(path, image);
        string message = Should.Throw<BootException>(() => Machine(manifest, plan, new Log())).Message;
        message.ShouldContain(expected);
        message.ShouldContain(Convert.ToHexStringLower(SHA256.HashData(image)));
        File.WriteAllBytes(path, new byte[512]);
        Should.Throw<BootException>(() => Machine(manifest, plan, new Log())).Message.ShouldContain("it has 512 bytes");
        Should.Throw<DiskException>(() => new VirtualMachine(manifest, plan.Images, new Script(), new Log())).Message.ShouldContain(expected);
    }

    [Fact]
    public void Words_for_the_entropy_device_are_input_events_and_lie_in_memory()
    {
        (_, Log log, _) = Run(EntropyGuest());

        (ulong, ulong, ulong, ulong)[] drawn = [.. log.Of(EventKind.EntropyDrawn).Select(e => (e.Event.A, e.Event.B, e.Event.C, e.Event.D))];
        drawn.ShouldBe([(1ul, 8ul, 1ul, 0ul), (2ul, 3ul, 1ul, 0ul)]);
        log.Printed.ShouldBe("\u0001\0\0\0\0\0\0\0\u0002\0\0");
    }

    [Fact]
    public void The_console_prints_as_device_2_and_takes_what_is_typed_where_it_was_chosen()
    {
        BootPlan plan = ConsoleGuest();
        var log = new Log();
        using var machine = new VirtualMachine(
            Manifest(plan) with { Disk = null, InputToVirtioConsole = true }, plan.Images, new Script((0, "typed to hvc0")), log);

        machine.Run().Reason.ShouldBe(EndReason.GuestExit);

        log.Of(EventKind.ConsoleInput).ShouldAllBe(e => e.Event.A == 2);
        // 600 bytes at once: more than one event holds.
        (Event Event, byte[] Payload)[] printed = [.. log.Of(EventKind.ConsoleOutput).Where(e => e.Event.A == 2)];
        printed.Sum(e => e.Payload.Length).ShouldBe(600);
        printed.SelectMany(e => e.Payload).All(b => b == 'x').ShouldBeTrue();
        Encoding.ASCII.GetString([.. log.Of(EventKind.ConsoleOutput).Where(e => e.Event.A == 0).SelectMany(e => e.Payload)]).ShouldBe("typed");
    }

    [Fact]
    public void A_device_reaches_RAM_and_neither_firmware_nor_registers()
    {
        foreach (uint target in (uint[])[0xC0000, 0xA0000, 0xFEE0_0000, 0xFEB0_0000, 0x20_0000 - 4])
        {
            // The exit code tells the status register after the attempt.
            BootPlan plan = Guest.Flat(32, a =>
            {
                SetUp(a, Entropy, 0);
                a.mov(__dword_ptr[RingAt(0)], target);
                Notify(a, Entropy, 0, 1);
                a.mov(eax, __dword_ptr[Entropy + 0x70]);
                a.Exit();
            });
            (RunResult result, _, _) = Run(With(plan, Ring(0, (0, 8, Write))));
            result.Code.ShouldBe((0x4Fu << 1) | 1, $"{target:x}");
        }
    }

    private static ulong RingAt(int queue) => Rings + ((ulong)queue * RingsEach);

    private static BootPlan DiskGuest() => With(
        Guest.Flat(32, a =>
        {
            SetUp(a, Block, 0);
            Transfer(a, 0, 1, 1);
            Transfer(a, 1, 5, 2);
            a.mov(ecx, 512);
            a.mov(edi, Data);
            a.xor(eax, eax);
            a.rep.stosb();
            Transfer(a, 0, 5, 3);
            Print(a, Data, 13);
            a.mov(al, __byte_ptr[Status]);
            a.Exit();
        }),
        // Descriptors 0-2 are a read, 3-5 a write.
        Ring(0, (Header, 16, Next), (Data, 512, Write | Next), (Status, 1, Write), (Header, 16, Next), (Data, 512, Next), (Status, 1, Write)));

    private static void Transfer(Assembler a, uint type, uint sector, int count)
    {
        a.mov(__dword_ptr[Header], type);
        a.mov(__dword_ptr[Header + 4], 0);
        a.mov(__dword_ptr[Header + 8], sector);
        a.mov(__dword_ptr[Header + 12], 0);
        a.mov(__byte_ptr[Status], 0xEE);
        a.mov(__word_ptr[RingAt(0) + 0x404 + ((ulong)(count - 1) * 2)], (ushort)(type == 0 ? 0 : 3));
        Notify(a, Block, 0, count);
        WaitFor(a, 0, count);
    }

    private static BootPlan EntropyGuest() => With(
        Guest.Flat(32, a =>
        {
            SetUp(a, Entropy, 0);
            Notify(a, Entropy, 0, 1);
            WaitFor(a, 0, 1);
            Print(a, Data, 11);
            a.Exit();
        }),
        Ring(0, (Data, 11, Write)));

    private static BootPlan ConsoleGuest() => With(
        Guest.Flat(32, a =>
        {
            SetUp(a, Console, 0, 1);
            a.mov(ecx, 600);
            a.mov(edi, Data + 0x1000);
            a.mov(al, 0x78);
            a.rep.stosb();
            Notify(a, Console, 1, 1);
            WaitFor(a, 1, 1);
            Notify(a, Console, 0, 1);
            WaitFor(a, 0, 1);
            Print(a, Data, 5);
            a.Exit();
        }),
        Ring(0, (Data, 5, Write)),
        Ring(1, (Data + 0x1000, 600, 0)));

    /// <summary>virtio 1.2, section 3.1.1, with queues of 8 entries.</summary>
    private static void SetUp(Assembler a, uint device, params int[] queues)
    {
        void Set(uint register, uint value) => a.mov(__dword_ptr[device + register], value);
        a.cld();
        Set(0x70, 1);
        Set(0x70, 3);
        Set(0x24, 1);
        Set(0x20, 1);
        Set(0x70, 11);
        foreach (int queue in queues)
        {
            Set(0x30, (uint)queue);
            Set(0x38, 8);
            Set(0x80, (uint)RingAt(queue));
            Set(0x90, (uint)RingAt(queue) + 0x400);
            Set(0xA0, (uint)RingAt(queue) + 0x800);
            Set(0x44, 1);
        }

        Set(0x70, 15);
    }

    private static void Notify(Assembler a, uint device, int queue, int available)
    {
        a.mov(__word_ptr[RingAt(queue) + 0x402], (ushort)available);
        a.mov(__dword_ptr[device + 0x50], (uint)queue);
    }

    private static void WaitFor(Assembler a, int queue, int used)
    {
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.cmp(__word_ptr[RingAt(queue) + 0x802], (ushort)used);
        a.jne(again);
    }

    private static void Print(Assembler a, uint address, uint length)
    {
        a.mov(esi, address);
        a.mov(ecx, length);
        a.mov(dx, 0x3F8);
        a.rep.outsb();
    }

    /// <summary>A descriptor table, with an available ring that names its first descriptor.</summary>
    private static MemoryImage Ring(int queue, params (uint Address, uint Length, int Flags)[] descriptors)
    {
        byte[] bytes = new byte[0x400];
        for (int i = 0; i < descriptors.Length; i++)
        {
            Span<byte> at = bytes.AsSpan(i * 16);
            BinaryPrimitives.WriteUInt64LittleEndian(at, descriptors[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(at[8..], descriptors[i].Length);
            BinaryPrimitives.WriteUInt16LittleEndian(at[12..], (ushort)descriptors[i].Flags);
            BinaryPrimitives.WriteUInt16LittleEndian(at[14..], (ushort)(i + 1));
        }

        return new MemoryImage(RingAt(queue), bytes);
    }

    private static BootPlan With(BootPlan plan, params MemoryImage[] images) => plan with { Images = [.. plan.Images, .. images] };

    private MachineManifest Manifest(BootPlan plan)
    {
        using DiskImage disk = DiskImage.Open(path);
        return Guest.Manifest(plan) with
        {
            VirtioConsole = true,
            VirtioEntropy = true,
            Disk = new DiskManifest(disk.Name, disk.Length, disk.Sha256()),
        };
    }

    private VirtualMachine Machine(MachineManifest manifest, BootPlan plan, Log log) =>
        new(manifest, plan.Images, new Script(), log, new MachineOptions { OpenDisk = _ => DiskImage.Open(path) });

    private (RunResult Result, Log Log, byte[] Disk) Run(BootPlan plan, Func<DiskManifest, DiskManifest>? change = null)
    {
        MachineManifest manifest = Manifest(plan);
        if (change is not null)
            manifest = manifest with { Disk = change(manifest.Disk!) };
        var log = new Log();
        using VirtualMachine machine = Machine(manifest, plan, log);
        RunResult result = machine.Run();
        byte[] disk = new byte[image.Length];
        machine.Disk!.Read(0, disk);
        return (result, log, disk);
    }
}
