using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine.Tests;

public sealed class LoaderTests
{
    private const ulong Memory = 16 << 20;

    private static void Word(byte[] b, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(at), (ushort)value);
    private static void Dword(byte[] b, int at, ulong value) => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(at), (uint)value);
    private static void Qword(byte[] b, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(b.AsSpan(at), value);
    private static uint Dword(byte[] b, int at) => BinaryPrimitives.ReadUInt32LittleEndian(b.AsSpan(at));

    private static BootImage Image(byte[] bytes, string name = "kernel") => new(name, bytes);

    private static BootPlan Multiboot(byte[] kernel, ulong memory = Memory) => BootLoader.Multiboot(Image(kernel), [], "", memory);

    /// <summary>What memory holds once every image is in it.</summary>
    private static byte[] Contents(BootPlan plan, ulong memory = Memory)
    {
        byte[] bytes = new byte[memory];
        foreach (MemoryImage image in plan.Images)
            image.Bytes.Span.CopyTo(bytes.AsSpan((int)image.Address));
        return bytes;
    }

    private static string Text(byte[] memory, uint at) => Encoding.ASCII.GetString(memory, (int)at, memory.AsSpan((int)at).IndexOf((byte)0));

    /// <summary>A bzImage of protocol 2.12 with <paramref name="code"/> bytes of code.</summary>
    private static byte[] BzImage(int code = 4096)
    {
        byte[] b = new byte[(5 * 512) + code];
        b[0x1F1] = 4;
        Dword(b, 0x1F4, (ulong)code / 16);
        Word(b, 0x1FE, 0xAA55);
        b[0x200] = 0xEB;
        b[0x201] = 0x66;
        Encoding.ASCII.GetBytes("HdrS").CopyTo(b, 0x202);
        Word(b, 0x206, 0x20C);
        b[0x211] = 1;
        Dword(b, 0x214, 0x100000);
        Dword(b, 0x22C, 0x7FFFFFFF);
        Dword(b, 0x230, 0x200000);
        b[0x234] = 1;
        Dword(b, 0x238, 255);
        Qword(b, 0x258, 0x400000);
        Dword(b, 0x260, 0x200000);
        for (int i = 5 * 512; i < b.Length; i++)
            b[i] = 0x90;
        return b;
    }

    /// <summary>An ELF32 file with a Multiboot header at its segment's start: 16 bytes at 100000h, 4 KiB in memory.</summary>
    private static byte[] Elf(bool wide = false)
    {
        byte[] b = new byte[0x200];
        Encoding.ASCII.GetBytes("\u007fELF").CopyTo(b, 0);
        b[4] = (byte)(wide ? 2 : 1);
        b[5] = b[6] = 1;
        Word(b, 16, 2);
        Word(b, 18, wide ? 62 : 3);
        if (wide)
        {
            Qword(b, 24, 0xFFFF_8000_0010_0010);
            Qword(b, 32, 0x40);
            Word(b, 54, 56);
            Word(b, 56, 1);
            Dword(b, 0x40, 1);
            Qword(b, 0x48, 0x100);
            Qword(b, 0x50, 0xFFFF_8000_0010_0000);
            Qword(b, 0x58, 0x100000);
            Qword(b, 0x60, 0x20);
            Qword(b, 0x68, 0x1000);
        }
        else
        {
            Dword(b, 24, 0x100010);
            Dword(b, 28, 0x40);
            Word(b, 42, 32);
            Word(b, 44, 1);
            Dword(b, 0x40, 1);
            Dword(b, 0x44, 0x100);
            Dword(b, 0x48, 0x100000);
            Dword(b, 0x4C, 0x100000);
            Dword(b, 0x50, 0x20);
            Dword(b, 0x54, 0x1000);
        }
        Header(b, 0x100, 3);
        return b;
    }

    private static void Header(byte[] b, int at, uint flags)
    {
        Dword(b, at, 0x1BADB002);
        Dword(b, at + 4, flags);
        Dword(b, at + 8, unchecked(0u - 0x1BADB002u - flags));
    }

    [Fact]
    public void A_linux_kernel_finds_its_zero_page_its_command_line_its_disk_and_the_memory_map()
    {
        byte[] disk = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        BootPlan plan = BootLoader.Linux(Image(BzImage()), Image(disk, "initrd"), "console=ttyS0", Memory);
        byte[] memory = Contents(plan);

        (plan.Boot.Mode, plan.Boot.Entry, plan.Boot.Protocol).ShouldBe((32, 0x100000ul, "linux"));
        memory[0x100000].ShouldBe((byte)0x90);
        int zeroPage = (int)plan.Boot.Registers[6];
        (zeroPage & 0xFFF).ShouldBe(0);
        Encoding.ASCII.GetString(memory, zeroPage + 0x202, 4).ShouldBe("HdrS");
        int line = (int)Dword(memory, zeroPage + 0x228);
        Encoding.ASCII.GetString(memory, line, 14).ShouldBe("console=ttyS0\0");
        uint diskAt = Dword(memory, zeroPage + 0x218);
        diskAt.ShouldBe((uint)(Memory - 8192));
        Dword(memory, zeroPage + 0x21C).ShouldBe(5000u);
        memory.AsSpan((int)diskAt, disk.Length).SequenceEqual(disk).ShouldBeTrue();
        memory[zeroPage + 0x210].ShouldBe((byte)0xFF);
        memory[zeroPage + 0x1E8].ShouldBe((byte)4);
        Dword(memory, zeroPage + 0x2D0 + 60).ShouldBe(0x100000u);
        Dword(memory, zeroPage + 0x2D0 + 68).ShouldBe((uint)(Memory - 0x100000));
        plan.Boot.Files.Select(f => (f.Role, f.Name, f.Length)).ShouldBe([("kernel", "kernel", 5 * 512 + 4096), ("initrd", "initrd", 5000L)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_elf_kernel_is_loaded_at_its_physical_addresses_and_entered_there(bool wide)
    {
        BootPlan plan = Multiboot(Elf(wide));
        byte[] memory = Contents(plan);
        plan.Boot.Entry.ShouldBe(0x100010ul);
        plan.Boot.Registers[0].ShouldBe(0x2BADB002ul);
        Dword(memory, 0x100000).ShouldBe(0x1BADB002u);
    }

    [Fact]
    public void A_kernel_that_says_itself_how_to_load_is_loaded_so()
    {
        byte[] b = new byte[0x100];
        Header(b, 0x10, 0x10003);
        Dword(b, 0x1C, 0x200010);
        Dword(b, 0x20, 0x200000);
        Dword(b, 0x24, 0x200080);
        Dword(b, 0x28, 0x201000);
        Dword(b, 0x2C, 0x200040);
        b[0x40] = 0xF4;
        BootPlan plan = Multiboot(b);
        plan.Boot.Entry.ShouldBe(0x200040ul);
        Contents(plan)[0x200040].ShouldBe((byte)0xF4);
    }

    [Fact]
    public void The_information_block_names_memory_command_line_modules_and_map()
    {
        BootPlan plan = BootLoader.Multiboot(
            Image(Elf()), [(Image(new byte[100], "a"), "first module"), (Image([1, 2, 3], "b"), "second")], "quiet", Memory);
        byte[] memory = Contents(plan);
        int block = (int)plan.Boot.Registers[3];

        (Dword(memory, block) & 0x4D).ShouldBe(0x4Du);
        Dword(memory, block + 4).ShouldBe(639u);
        Dword(memory, block + 8).ShouldBe(15u * 1024);
        Text(memory, Dword(memory, block + 16)).ShouldBe("kernel quiet");
        Dword(memory, block + 20).ShouldBe(2u);
        int modules = (int)Dword(memory, block + 24);
        uint start = Dword(memory, modules + 16), end = Dword(memory, modules + 20);
        (end - start, start & 0xFFF).ShouldBe((3u, 0u));
        memory[start + 2].ShouldBe((byte)3);
        Text(memory, Dword(memory, modules + 8)).ShouldBe("first module");
        Text(memory, Dword(memory, block + 64)).ShouldBe("ReplayVmm");
        int map = (int)Dword(memory, block + 48);
        (Dword(memory, map), Dword(memory, map + 20)).ShouldBe((20u, 1u));
    }

    [Fact]
    public void What_firmware_leaves_is_there_for_every_guest()
    {
        byte[] memory = Contents(BootLoader.Flat(Image([0xF4]), 0x7C00, 0x7C00, 16, Memory));
        BinaryPrimitives.ReadUInt16LittleEndian(memory.AsSpan(0x400)).ShouldBe((ushort)0x3F8);
        BinaryPrimitives.ReadUInt16LittleEndian(memory.AsSpan(0x40E)).ShouldBe((ushort)0x9FC0);
        BinaryPrimitives.ReadUInt16LittleEndian(memory.AsSpan(0x413)).ShouldBe((ushort)639);
        memory[0xFFF53].ShouldBe((byte)0xCF);
        memory[0x7C00].ShouldBe((byte)0xF4);
    }

    [Fact]
    public void A_64_bit_image_gets_page_tables_that_map_4_gib_to_themselves()
    {
        BootPlan plan = BootLoader.Flat(Image([0xF4]), 0x1000, 0x1000, 64, Memory);
        byte[] memory = Contents(plan);
        ulong At(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(memory.AsSpan((int)address));
        ulong Walk(ulong linear)
        {
            ulong directory = At((At(plan.Boot.PageTables + (8 * (linear >> 39))) & ~0xFFFul) + (8 * ((linear >> 30) & 511))) & ~0xFFFul;
            return (At(directory + (8 * ((linear >> 21) & 511))) & ~0x1FFFFFul) | (linear & 0x1FFFFF);
        }
        Walk(0x12345).ShouldBe(0x12345ul);
        Walk(0xFEE0_0030).ShouldBe(0xFEE0_0030ul);
        plan.Boot.PageTables.ShouldNotBe(0x1000ul);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "empty kernel", "not a Linux kernel" },
        { "text", "not a Linux kernel" },
        { "old", "boot protocol 2.01" },
        { "zimage", "zImage" },
        { "cut", "cut short" },
        { "entry", "wants to be entered" },
        { "init size", "give the guest more memory" },
        { "long line", "command line has 300 characters" },
        { "big disk", "does not fit" },
        { "no header", "not a Multiboot 1 kernel" },
        { "features", "requires features" },
        { "elf cut", "too short" },
        { "elf arm", "32-bit ARM, not for x86" },
        { "elf big", "give the guest more memory" },
        { "elf on firmware data", "overlaps the firmware's data" },
        { "elf above", "above 4 GiB" },
        { "big module", "does not fit" },
        { "no memory", "too small" },
        { "odd memory", "multiple of 4096" },
        { "much memory", "too large" },
        { "flat empty", "is empty" },
        { "flat entry", "lies outside" },
        { "flat mode", "give 16, 32 or 64" },
        { "flat video", "not all RAM" },
        { "flat real", "lies outside" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_bad_image_is_one_line_that_says_what_is_wrong(string mistake, string part)
    {
        string message = Should.Throw<BootException>(() => Make(mistake)).Message;
        message.ShouldContain(part);
        message.ShouldNotContain('\n');
    }

    private static BootPlan Make(string mistake)
    {
        byte[] linux = BzImage(), elf = Elf(), wide = Elf(wide: true);
        byte[] Changed(byte[] b, int at, uint value)
        {
            Dword(b, at, value);
            return b;
        }
        BootPlan Linux(byte[] b, string line = "", byte[]? disk = null) =>
            BootLoader.Linux(Image(b), disk is null ? null : Image(disk, "disk"), line, Memory);
        return mistake switch
        {
            "empty kernel" => Linux([]),
            "text" => Linux(new byte[3000]),
            "old" => Linux(Changed(linux, 0x206, 0x201)),
            "zimage" => Linux(Changed(linux, 0x210, 0)),
            "cut" => Linux(linux[..^2000]),
            "entry" => Linux(Changed(linux, 0x214, 0x90000)),
            "init size" => Linux(Changed(linux, 0x260, 0x7000_0000)),
            "long line" => Linux(linux, new string('x', 300)),
            "big disk" => Linux(linux, disk: new byte[Memory]),
            "no header" => Multiboot(new byte[9000]),
            "features" => Multiboot(WithFlags(elf, 0x11)),
            "elf cut" => Multiboot(elf[..0x110]),
            "elf arm" => Multiboot(Changed(elf, 16, 2 | (40u << 16))),
            "elf big" => Multiboot(Changed(elf, 0x54, 0x7000_0000)),
            "elf on firmware data" => Multiboot(Changed(elf, 0x4C, 0x400)),
            "elf above" => Multiboot(EntryAbove(wide)),
            "big module" => BootLoader.Multiboot(Image(elf), [(Image(new byte[Memory], "m"), "")], "", Memory),
            "no memory" => Multiboot(elf, 0),
            "odd memory" => Multiboot(elf, Memory + 1),
            "much memory" => Multiboot(elf, 1ul << 50),
            "flat empty" => BootLoader.Flat(Image([]), 0x8000, 0x8000, 16, Memory),
            "flat entry" => BootLoader.Flat(Image([1]), 0x8000, 0x8001, 16, Memory),
            "flat mode" => BootLoader.Flat(Image([1]), 0x8000, 0x8000, 8, Memory),
            "flat video" => BootLoader.Flat(Image(new byte[0x20000]), 0x90000, 0x90000, 32, Memory),
            "flat real" => BootLoader.Flat(Image([1]), 0x200000, 0x300000, 16, Memory),
            _ => throw new ArgumentOutOfRangeException(nameof(mistake)),
        };
    }

    private static byte[] WithFlags(byte[] elf, uint flags)
    {
        Header(elf, 0x100, flags);
        return elf;
    }

    private static byte[] EntryAbove(byte[] wide)
    {
        Qword(wide, 24, 0x2_0000_0000);
        return wide;
    }

    [Fact]
    public void Random_damage_to_an_image_is_a_message_or_a_plan_and_never_a_crash()
    {
        var random = new Random(1);
        byte[][] originals = [BzImage(), Elf(), Elf(wide: true)];
        int plans = 0;
        for (int round = 0; round < 6_000; round++)
        {
            byte[] b = [.. originals[round % 3]];
            for (int flips = 1 + random.Next(4); flips > 0; flips--)
            {
                int at = random.Next(round % 3 == 0 ? 0x270 : 0x120);
                b[round % 3 == 0 ? Math.Max(at, 0x1F0) : at] = (byte)random.Next(256);
            }
            if (random.Next(4) == 0)
                b = b[..random.Next(b.Length)];
            try
            {
                BootPlan plan = round % 3 == 0 ? BootLoader.Linux(Image(b), null, "x", Memory) : Multiboot(b);
                plans++;
                foreach (MemoryImage image in plan.Images)
                    (image.Address + (ulong)image.Bytes.Length).ShouldBeLessThanOrEqualTo(Memory);
            }
            catch (BootException)
            {
                // What a damaged image is for.
            }
        }
        plans.ShouldBeGreaterThan(100);
    }
}
