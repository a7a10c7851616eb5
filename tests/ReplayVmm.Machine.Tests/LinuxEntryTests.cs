using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

/// <summary>The ways into a Linux kernel, each with a kernel of a few instructions that looks at what it was given; and RAM disks that are broken.</summary>
public sealed class LinuxEntryTests
{
    private const ulong Memory = 16 << 20, Load = 0x10_0000;
    private const int Setup = 5 * 512, Rsdp = 0x2044_5352; // "RSD "

    private static void Word(byte[] b, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(at), (ushort)value);

    private static void Dword(byte[] b, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(at), value);

    private static byte[] Assemble(int bits, ulong address, Action<Assembler> program)
    {
        var assembler = new Assembler(bits);
        program(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>A bzImage of protocol 2.15 with both entries; <paramref name="wide"/> says whether it shows the 64-bit one.</summary>
    private static BootImage BzImage(byte[] code32, byte[] code64, bool wide = true)
    {
        byte[] b = new byte[Setup + 0x1000];
        b[0x1F1] = 4;
        Dword(b, 0x1F4, 0x1000 / 16);
        Dword(b, 0x1FE, 0x6AEB_AA55);
        Encoding.ASCII.GetBytes("HdrS").CopyTo(b, 0x202);
        Word(b, 0x206, 0x20F);
        b[0x211] = 1;
        Dword(b, 0x214, (uint)Load);
        Dword(b, 0x22C, 0x7FFF_FFFF);
        b[0x236] = (byte)(wide ? 1 : 0);
        Dword(b, 0x238, 2047);
        code32.CopyTo(b, Setup);
        code64.CopyTo(b, Setup + 0x200);
        return new BootImage("vmlinuz", b);
    }

    /// <summary>An ELF64 file of one segment at 1 MiB and, if wanted, a note that names the PVH entry there.</summary>
    private static BootImage Vmlinux(byte[] code, bool note = true)
    {
        const int Notes = 0x180, Code = 0x200;
        byte[] b = new byte[Code + code.Length];
        Encoding.ASCII.GetBytes("\u007fELF").CopyTo(b, 0);
        (b[4], b[5], b[6], b[16], b[18]) = (2, 1, 1, 2, 62);
        Dword(b, 32, 0x40);
        Word(b, 54, 56);
        Word(b, 56, note ? 2 : 1);
        void Header(int at, uint type, uint offset, uint address, uint length)
        {
            Dword(b, at, type);
            Dword(b, at + 8, offset);
            Dword(b, at + 16, address);
            Dword(b, at + 20, 0xFFFF_FFFF);
            Dword(b, at + 24, address);
            Dword(b, at + 32, length);
            Dword(b, at + 40, length);
        }

        Header(0x40, 1, Code, (uint)Load, (uint)code.Length);
        Header(0x78, 4, Notes, 0, 48);
        Dword(b, Notes, 4);
        Dword(b, Notes + 4, 4);
        Dword(b, Notes + 8, 1);         // another note of Xen's before it
        Encoding.ASCII.GetBytes("Xen\0").CopyTo(b, Notes + 12);
        Dword(b, Notes + 20, 4);
        Dword(b, Notes + 24, 8);
        Dword(b, Notes + 28, 18);
        Encoding.ASCII.GetBytes("Xen\0").CopyTo(b, Notes + 32);
        Dword(b, Notes + 36, (uint)Load);
        code.CopyTo(b, Code);
        return new BootImage("vmlinux", b);
    }

    private static uint Run(BootPlan plan)
    {
        using var machine = new VirtualMachine(
            Guest.Manifest(plan, Memory), plan.Images, new Script(), new Log(), new MachineOptions { UntilTime = 1_000_000 });
        RunResult result = machine.Run();
        result.Reason.ShouldBe(EndReason.GuestExit);
        return result.Code >> 1;
    }

    /// <summary>AL counts the checks that held; the guest exits with it.</summary>
    private static void Expect(Assembler a, Action compare)
    {
        Label wrong = a.CreateLabel();
        compare();
        a.jne(wrong);
        a.inc(bl);
        a.Label(ref wrong);
        a.nop();
    }

    private static void Exit(Assembler a)
    {
        a.mov(al, bl);
        a.Exit();
        a.hlt();
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void A_kernel_is_entered_in_either_mode_with_the_selectors_of_the_boot_protocol_and_its_zero_page(int mode)
    {
        byte[] narrow = Assemble(32, Load, a =>
        {
            a.mov(bl, 0);
            a.mov(ax, cs);
            Expect(a, () => a.cmp(ax, 0x10));
            a.mov(ax, ds);
            Expect(a, () => a.cmp(ax, 0x18));
            Expect(a, () => a.cmp(__dword_ptr[esi + 0x202], 0x5372_6448));
            a.mov(ecx, __dword_ptr[esi + 0x70]);
            Expect(a, () => a.cmp(__dword_ptr[ecx], Rsdp));
            Exit(a);
        });
        byte[] wide = Assemble(64, Load + 0x200, a =>
        {
            a.mov(esp, 0x8000);     // the boot protocol gives no stack
            a.mov(bl, 0x10);
            a.mov(ax, cs);
            Expect(a, () => a.cmp(ax, 0x10));
            a.mov(ax, ds);
            Expect(a, () => a.cmp(ax, 0x18));
            a.push(0x10);           // reloading the selector finds a 64-bit descriptor
            Label here = a.CreateLabel();
            a.lea(rax, __[here]);
            a.push(rax);
            a.db(0x48, 0xCB);       // RETFQ
            a.Label(ref here);
            Expect(a, () => a.cmp(__dword_ptr[rsi + 0x202], 0x5372_6448));
            a.mov(rcx, __qword_ptr[rsi + 0x70]);
            Expect(a, () => a.cmp(__dword_ptr[rcx], Rsdp));
            Exit(a);
        });
        BootPlan plan = BootLoader.Linux(BzImage(narrow, wide), null, "", Memory, null, mode);

        plan.Boot.Mode.ShouldBe(mode);
        plan.Boot.Entry.ShouldBe(mode == 32 ? Load : Load + 0x200);
        Run(plan).ShouldBe(mode == 32 ? 4u : 0x14u);
    }

    [Fact]
    public void An_uncompressed_kernel_is_entered_by_its_pvh_note_with_command_line_disk_map_and_acpi()
    {
        byte[] disk = new byte[100];
        disk[0] = 0x5A;
        byte[] code = Assemble(32, Load, a =>
        {
            a.mov(esi, ebx);
            a.mov(bl, 0);
            Expect(a, () => a.cmp(__dword_ptr[esi], 0x336E_C578));
            Expect(a, () => a.cmp(__dword_ptr[esi + 4], 1));
            a.mov(ecx, __dword_ptr[esi + 24]);
            Expect(a, () => a.cmp(__dword_ptr[ecx], 0x6978_6574)); // "texi"
            a.mov(ecx, __dword_ptr[esi + 32]);
            Expect(a, () => a.cmp(__dword_ptr[ecx], Rsdp));
            a.mov(ecx, __dword_ptr[esi + 16]);
            Expect(a, () => a.cmp(__dword_ptr[ecx + 8], 100));
            a.mov(ecx, __dword_ptr[ecx]);
            Expect(a, () => a.cmp(__byte_ptr[ecx], 0x5A));
            a.mov(ecx, __dword_ptr[esi + 40]);
            Expect(a, () => a.cmp(__dword_ptr[ecx + (3 * 24)], 0x10_0000));
            Expect(a, () => a.cmp(__dword_ptr[ecx + (3 * 24) + 16], 1));
            Expect(a, () => a.cmp(__dword_ptr[esi + 48], 4));
            a.mov(eax, cr0);
            Expect(a, () => a.cmp(eax, 0x11));
            Exit(a);
        });

        BootPlan plan = BootLoader.Linux(Vmlinux(code), new BootImage("initrd", disk), "texi", Memory);

        (plan.Boot.Mode, plan.Boot.Entry, plan.Boot.Protocol).ShouldBe((32, Load, "linux"));
        Run(plan).ShouldBe(10u);
    }

    public static TheoryData<string, string> Kernels => new()
    {
        { "no 64-bit entry", "has no 64-bit entry" },
        { "no note", "without a PVH entry note" },
        { "pvh in 64", "32-bit entry alone" },
        { "mode", "entered in 32 or 64" },
        { "arm64", "a kernel for arm64" },
        { "riscv", "a kernel for RISC-V" },
        { "arm", "a kernel for 32-bit ARM" },
        { "gzip", "compressed with gzip" },
        { "elf arm64", "for arm64, not for x86" },
        { "empty disk", "disk is empty" },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_that_cannot_be_entered_so_is_refused_with_the_reason(string mistake, string part)
    {
        byte[] foreign = new byte[4096];
        BootImage elf = Vmlinux([0xF4]);
        BootPlan Make(BootImage image, int mode = 32, byte[]? disk = null) =>
            BootLoader.Linux(image, disk is null ? null : new BootImage("disk", disk), "", Memory, null, mode);
        BootImage With(int at, ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(foreign.AsSpan(at));
            return new BootImage("kernel", foreign);
        }

        string message = Should.Throw<BootException>(() =>
        {
            switch (mistake)
            {
                case "no 64-bit entry": Make(BzImage([0xF4], [0xF4], wide: false), 64); break;
                case "no note": Make(Vmlinux([0xF4], note: false)); break;
                case "pvh in 64": Make(elf, 64); break;
                case "mode": Make(elf, 16); break;
                case "arm64": Make(With(0x38, "ARM\x64"u8)); break;
                case "riscv": Make(With(0x30, "RISCV"u8)); break;
                case "arm": Make(With(0x24, [0x18, 0x28, 0x6F, 0x01])); break;
                case "gzip": Make(With(0, [0x1F, 0x8B])); break;
                case "elf arm64":
                    byte[] other = elf.Bytes.ToArray();
                    other[18] = 183;
                    Make(new BootImage("kernel", other));
                    break;
                default: Make(BzImage([0xF4], [0xF4]), 32, []); break;
            }
        }).Message;
        message.ShouldContain(part);
        message.ShouldNotContain('\n');
    }

    /// <summary>A "newc" archive with one file of <paramref name="length"/> bytes.</summary>
    private static byte[] Cpio(int length)
    {
        using var stream = new MemoryStream();
        void Member(string name, int size)
        {
            string header = "070701" + string.Concat(Enumerable.Range(0, 13).Select(
                i => (i == 6 ? size : i == 11 ? name.Length + 1 : 0).ToString("X8", System.Globalization.CultureInfo.InvariantCulture)));
            stream.Write(Encoding.ASCII.GetBytes(header + name + "\0"));
            Pad();
            stream.Write(new byte[size]);
            Pad();
        }

        void Pad() => stream.Write(new byte[(4 - (stream.Length & 3)) & 3]);
        Member("file", length);
        Member("TRAILER!!!", 0);
        return stream.ToArray();
    }

    private static byte[] Packed(string format)
    {
        switch (format)
        {
            case "gzip":
                using (var stream = new MemoryStream())
                {
                    using (var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
                        zip.Write(Cpio(5000));
                    return stream.ToArray();
                }

            // What zstd and xz make of a line of text.
            case "zstd":
                return Convert.FromHexString("28b52ffd04586d00003868656c6c6f200a0100a94b111a4872ab");
            case "xz":
                return Convert.FromHexString(
                    "fd377a585a000004e6d6b4460200210116000000742fe5a3e0001d000d5d00341949ee8de9573ac7090c8000000000001c0578f9cd21b4f80001291e"
                    + "a317cf9e1fb6f37d010000000004595a");
            case "two archives":
                return [.. Cpio(100), .. new byte[512], .. Packed("gzip")];
            default:
                return Cpio(1000);
        }
    }

    [Theory]
    [InlineData("cpio")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    [InlineData("two archives")]
    public void A_ram_disk_is_taken_whole_and_refused_when_it_is_cut_short(string format)
    {
        byte[] whole = Packed(format);
        BootImage kernel = BzImage([0xF4], [0xF4]);
        BootLoader.Linux(kernel, new BootImage("initrd", whole), "", Memory);
        BootLoader.Linux(kernel, new BootImage("initrd", (byte[])[.. whole, .. new byte[7]]), "", Memory);
        // Half of the two archives is zeros between them, which may end anywhere.
        int half = format == "two archives" ? whole.Length - 60 : whole.Length / 2;
        foreach (int length in (int[])[whole.Length - 1, whole.Length - 5, half, 13])
        {
            string message = Should.Throw<BootException>(
                () => BootLoader.Linux(kernel, new BootImage("initrd", whole.AsMemory(0, length)), "", Memory), $"{length} of {whole.Length}").Message;
            message.ShouldContain("cut short");
        }
    }

    [Fact]
    public void A_disk_of_a_format_that_is_not_known_is_left_to_the_kernel() =>
        BootLoader.Linux(BzImage([0xF4], [0xF4]), new BootImage("initrd", Encoding.ASCII.GetBytes("-rom1fs-")), "", Memory).Boot.Files.Count.ShouldBe(2);
}
