using System.Buffers.Binary;
using System.Security.Cryptography;
using Iced.Intel;
using ReplayVmm.Replay;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Cli.Tests;

/// <summary>A real machine with a disk, from recording to the disk as it was.</summary>
public sealed class DiskTests : IDisposable
{
    private const int Sector = 512;
    private const ulong Load = 0x8000;
    private const uint Device = 0xFEB0_0000, Rings = 0x9000, Header = 0xA000, Status = 0xA010, Data = 0xA200;

    private readonly TestBench bench = new();
    private readonly byte[] image = new byte[40 * Sector];
    private readonly string path, guest;

    public DiskTests()
    {
        bench.Doors = bench.Doors with { Machine = ReplayedMachine.Create };
        bench.Variables["XDG_DATA_HOME"] = bench.Path_("data");
        new Random(8).NextBytes(image);
        path = bench.File("disk.img", image);
        guest = bench.File("writer.bin", Writer());
    }

    private byte[] Changed
    {
        get
        {
            byte[] changed = [.. image];
            changed.AsSpan(3 * Sector, Sector).Fill((byte)'W');
            return changed;
        }
    }

    public void Dispose() => bench.Dispose();

    [Fact]
    public void A_session_with_a_disk_replays_and_gives_the_disk_as_it_was()
    {
        Record().Code.ShouldBe(0);
        bench.Run("replay", "d").Output.ShouldStartWith("identical");
        bench.Run("verify", "d", "--execute").Code.ShouldBe(0);
        string output = bench.Path_("out.img");
        TestBench.Outcome exported = bench.Run("export-disk", "d", output);
        exported.Code.ShouldBe(0, exported.Error);
        exported.Output.ShouldStartWith("exported · disk of d at the end");
        File.ReadAllBytes(output).ShouldBe(Changed);
        File.ReadAllBytes(path).ShouldBe(image);
        bench.Run("show", "d").Output.ShouldContain($"disk.img · 20,480 bytes · sha256 {Hash(image)}");
    }

    [Fact]
    public void The_disk_at_a_position_is_that_of_the_moment_after_the_event()
    {
        Record().Code.ShouldBe(0);
        ulong written = bench.Run("events", "d", "--kind", "block_written", "--json").JsonLines.Single().GetProperty("position").GetUInt64();
        string output = bench.Path_("out.img");
        TestBench.Outcome before = bench.Run("export-disk", "d", output, "--at", $"{written - 1}", "--json");
        before.Code.ShouldBe(0, before.Error);
        before.Json.GetProperty("bytes").GetInt64().ShouldBe(image.Length);
        File.ReadAllBytes(output).ShouldBe(image);
        bench.Run("export-disk", "d", output, "--at", $"{written}").Complaint.ShouldContain("is there already");
        bench.Run("export-disk", "d", output, "--at", $"{written}", "--force").Code.ShouldBe(0);
        File.ReadAllBytes(output).ShouldBe(Changed);
        TestBench.Outcome beyond = bench.Run("export-disk", "d", output, "--at", "999999", "--force");
        beyond.Code.ShouldBe(ExitCode.BadUsage);
        beyond.Complaint.ShouldContain("name one before that");
        Directory.GetFiles(Path.GetDirectoryName(output)!, "*.unfinished").ShouldBeEmpty();
    }

    [Fact]
    public void A_disk_is_not_written_over_the_image_it_came_from()
    {
        Record().Code.ShouldBe(0);
        TestBench.Outcome outcome = bench.Run("export-disk", "d", path, "--force");
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain("is the recording's disk image itself");
        File.ReadAllBytes(path).ShouldBe(image);
        bench.Run("export-disk", "d", bench.Path_("")).Complaint.ShouldContain("is a directory");
        bench.Run("export-disk", "d", bench.Path_("no/such/folder")).Complaint.ShouldContain("there is no directory");
    }

    [Fact]
    public void An_image_that_moved_is_named_once_and_known_from_then_on()
    {
        Record().Code.ShouldBe(0);
        string moved = bench.Path_("moved.img");
        File.Move(path, moved);
        TestBench.Outcome lost = bench.Run("replay", "d");
        lost.Code.ShouldBe(ExitCode.Lacking);
        lost.Complaint.ShouldContain(Hash(image));
        lost.Complaint.ShouldContain("there is no such file; name it with --disk IMAGE");
        bench.Run("replay", "d", "--disk", moved).Code.ShouldBe(0);
        bench.Run("replay", "d").Code.ShouldBe(0);
        Directory.Delete(bench.Path_("data"), recursive: true);
        TestBench.Outcome unknown = bench.Run("replay", "d");
        unknown.Code.ShouldBe(ExitCode.Lacking);
        unknown.Complaint.ShouldContain("is not known on this machine");
    }

    [Fact]
    public void Another_image_is_refused_with_the_hash_it_has_and_the_hash_it_should_have()
    {
        Record().Code.ShouldBe(0);
        string other = bench.File("other.img", Changed);
        TestBench.Outcome named = bench.Run("replay", "d", "--disk", other);
        named.Code.ShouldBe(ExitCode.BadUsage);
        named.Complaint.ShouldContain(Hash(image));
        named.Complaint.ShouldContain(Hash(Changed));
        bench.Run("replay", "d", "--disk", bench.Path_("none.img")).Code.ShouldBe(ExitCode.BadUsage);
        File.WriteAllBytes(path, Changed);
        TestBench.Outcome remembered = bench.Run("replay", "d");
        remembered.Code.ShouldBe(ExitCode.Lacking);
        remembered.Complaint.ShouldContain("is not where it was");
        remembered.Complaint.ShouldContain(Hash(Changed));
    }

    [Fact]
    public void A_session_without_a_disk_has_none_to_export_or_to_name()
    {
        bench.Run("record", "--flat", guest, "--load", "0x8000", "--mode", "32", "--name", "plain", "--until-time", "1ms");
        bench.Run("export-disk", "plain", bench.Path_("x")).Complaint.ShouldContain("has no disk");
        bench.Run("replay", "plain", "--disk", path).Complaint.ShouldContain("the recorded machine has no disk");
    }

    [Theory]
    [InlineData(Sector + 1, "513 bytes are not a multiple of 512")]
    [InlineData(0, "it is empty")]
    public void An_image_of_odd_size_is_refused_before_anything_is_written(int length, string message)
    {
        string odd = bench.File("odd.img", new byte[length]);
        TestBench.Outcome outcome = Record("--disk", odd);
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain(message);
        bench.Log.Sessions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--virtio consol", "did you mean console")]
    [InlineData("--virtio entropy --input-to hvc0", "--virtio leaves the console out")]
    [InlineData("--input-to com7", "com1 or hvc0 can be")]
    [InlineData("--disk /no/such/disk", "/no/such/disk: there is no such file")]
    public void Devices_that_cannot_be_are_refused(string options, string message)
    {
        TestBench.Outcome outcome = Record(options.Split(' '));
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain(message);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Writes one sector of W to sector 3 of the disk and exits.</summary>
    private static byte[] Writer()
    {
        byte[] bytes = new byte[0x4000];
        (uint Address, uint Length, ushort Flags)[] chain = [(Header, 16, 1), (Data, Sector, 1), (Status, 1, 2)];
        for (int i = 0; i < chain.Length; i++)
        {
            Span<byte> at = bytes.AsSpan((int)(Rings - Load) + (i * 16));
            BinaryPrimitives.WriteUInt64LittleEndian(at, chain[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(at[8..], chain[i].Length);
            BinaryPrimitives.WriteUInt16LittleEndian(at[12..], chain[i].Flags);
            BinaryPrimitives.WriteUInt16LittleEndian(at[14..], (ushort)(i + 1));
        }

        bytes[Rings - (int)Load + 0x402] = 1;
        bytes[Header - (int)Load] = 1;
        bytes[Header - (int)Load + 8] = 3;
        bytes.AsSpan((int)(Data - Load), Sector).Fill((byte)'W');
        var a = new Assembler(32);
        (uint Register, uint Value)[] setUp =
        [
            (0x70, 1), (0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11), (0x38, 8), (0x80, Rings), (0x90, Rings + 0x400), (0xA0, Rings + 0x800), (0x44, 1),
            (0x70, 15), (0x50, 0),
        ];
        foreach ((uint register, uint value) in setUp)
            a.mov(__dword_ptr[Device + register], value);
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.cmp(__word_ptr[Rings + 0x802], 1);
        a.jne(again);
        a.mov(al, __byte_ptr[Status]);
        a.@out(0xF4, al);
        using var stream = new MemoryStream(bytes);
        a.Assemble(new StreamCodeWriter(stream), Load);
        return bytes;
    }

    private TestBench.Outcome Record(params string[] more) => bench.Run(
        ["record", "--flat", guest, "--load", "0x8000", "--mode", "32", "--memory", "2M", "--name", "d", .. more.Contains("--disk") ? [] : (string[])["--disk", path],
            .. more]);
}
