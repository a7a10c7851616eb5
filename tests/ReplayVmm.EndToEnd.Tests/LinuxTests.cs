using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// Debian's own kernel and BusyBox, unmodified: what they compute is known from outside, so a wrong instruction shows in what they print.
/// </summary>
public sealed class LinuxTests(ServerFixture server, ITestOutputHelper log)
{
    private const string CommandLine = "console=ttyS0 panic=-1";

    [Theory]
    [InlineData(1, "x86-64-v2")]
    [InlineData(2, "x86-64-v3")]
    public void Debians_kernel_boots_does_its_work_and_replays_bit_for_bit(int vcpus, string model)
    {
        using var bench = new Workbench(server.NewDatabase());
        string printed = Record(bench, "work", "initrd-work.img", "--vcpus", $"{vcpus}", "--cpu", model);
        printed.ShouldContain($"on {vcpus} processors");
        printed.ShouldContain(Convert.ToHexStringLower(SHA256.HashData(new byte[4 << 20])));
        printed.ShouldContain("sum 199990000");
        printed.ShouldContain("reboot: Power down");
        ShouldReplay(bench, "work");
    }

    [Fact]
    public void What_is_typed_into_a_shell_is_an_input_and_replays()
    {
        using var bench = new Workbench(server.NewDatabase());
        string printed = Record(bench, "typed", "initrd-shell-cloud.img", "--type-after", "guest# =echo $((6*7))\rpoweroff -f\r");
        printed.ShouldContain("\n42\r");
        ShouldReplay(bench, "typed");
    }

    [Fact]
    public void A_disk_is_driven_by_Debians_modules_its_image_stays_as_it_was_and_another_is_refused_at_replay()
    {
        using var bench = new Workbench(server.NewDatabase());
        byte[] before = new byte[4 << 20];
        new Random(1).NextBytes(before);
        string image = bench.File("disk.img", before), exported = bench.Path_("exported.img");
        string printed = Record(bench, "disk", "initrd-disk-cloud.img", "--disk", image, "--vcpus", "2");
        printed.ShouldContain("before: " + Hash(before));
        printed.ShouldContain("entropy: 32 bytes of virtio_rng.0");
        printed.ShouldContain("console: hvc0");
        File.ReadAllBytes(image).ShouldBe(before);
        ShouldReplay(bench, "disk");

        bench.Run("export-disk", "disk", exported).Good();
        printed.ShouldContain("after: " + Hash(File.ReadAllBytes(exported)));

        before[0] ^= 1;
        File.WriteAllBytes(image, before);
        bench.Run("replay", "disk", "--disk", image).With(2).Complaint.ShouldContain("sha256");
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private string Record(Workbench bench, string name, string initrd, params string[] more)
    {
        Outcome recorded = bench.Run(
            [
                "record", "--linux", Repository.Guest("vmlinuz-cloud"), "--initrd", Repository.Guest(initrd), "--append", CommandLine, "--name", name,
                "--until-time", "60s", .. more,
            ]).Good();
        string printed = Encoding.Latin1.GetString(recorded.Bytes);
        log.WriteLine(printed);
        printed.ShouldNotContain("Call Trace");
        return printed;
    }

    private static void ShouldReplay(Workbench bench, string name)
    {
        JsonElement replayed = bench.Run("replay", name, "--json").Good().Json;
        replayed.GetProperty("outcome").GetString().ShouldBe("identical");
    }
}
