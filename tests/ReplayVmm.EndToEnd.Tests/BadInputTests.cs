using ReplayVmm.Events;
using ReplayVmm.Store;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// What can be wrong with what a person gives: each is one line on standard error that says what, where and what to do, an exit code, and
/// a database as it was before.
/// </summary>
public sealed class BadInputTests(ServerFixture server)
{
    private readonly Guid busyId = new("00000000-0000-4000-8000-0000000000b5");

    [Fact]
    public void A_guest_image_that_is_not_there()
    {
        using Workbench bench = Prepared();
        Refused(bench, 2, ["record", "--linux", "/nowhere/vmlinuz"], "--linux /nowhere/vmlinuz: there is no such file");
    }

    [Fact]
    public void A_guest_image_that_is_no_ELF_file()
    {
        using Workbench bench = Prepared();
        Refused(
            bench, 2, ["record", "--multiboot", bench.File("text.elf", new byte[9000])],
            "text.elf is not a Multiboot 1 kernel: no header in its first 8192 bytes");
        byte[] header = new byte[9000];
        new byte[] { 0x02, 0xB0, 0xAD, 0x1B, 0, 0, 0, 0, 0xFE, 0x4F, 0x52, 0xE4 }.CopyTo(header, 0);
        Refused(bench, 2, ["record", "--multiboot", bench.File("header.elf", header)], "header.elf is not an ELF file");
    }

    [Fact]
    public void A_guest_image_that_is_no_bzImage()
    {
        using Workbench bench = Prepared();
        Refused(
            bench, 2, ["record", "--linux", bench.File("noise.bin", new byte[9000])],
            "noise.bin is not a Linux kernel (bzImage): no boot signature and setup header at 1fe and 202");
    }

    [Fact]
    public void A_guest_image_that_is_too_big_for_memory()
    {
        using Workbench bench = Prepared();
        string file = bench.File("big.bin", new byte[3 << 20]);
        Refused(
            bench, 2, ["record", "--flat", file, "--load", "0", "--mode", "32", "--memory", "2M"],
            $"--flat {file}: 3.0 MiB do not fit into 2.0 MiB of guest memory; give it more with --memory");
        Refused(
            bench, 2, ["record", "--flat", file, "--load", "0x300000", "--mode", "32", "--memory", "4M"],
            "big.bin needs 3145728 bytes at 300000, which is not all RAM in a guest of 4 MiB: give the guest more memory");
    }

    [Fact]
    public void A_guest_image_that_overlaps_what_the_loader_puts_into_memory()
    {
        using Workbench bench = Prepared();
        byte[] elf = File.ReadAllBytes(Repository.Guest("arithmetic-1.elf"));
        const int ProgramHeader = 52, PhysicalAddress = 12;
        // The Multiboot header's own address fields would go before the ELF's: they are cleared, with the sum that goes with them.
        int at = elf.AsSpan().IndexOf(new byte[] { 0x02, 0xB0, 0xAD, 0x1B });
        BitConverter.TryWriteBytes(elf.AsSpan(at + 4), 3);
        BitConverter.TryWriteBytes(elf.AsSpan(at + 8), unchecked(-(0x1BADB002 + 3)));
        BitConverter.TryWriteBytes(elf.AsSpan(ProgramHeader + PhysicalAddress), 0x0u);
        Outcome outcome = bench.Run("record", "--multiboot", bench.File("low.elf", elf), "--memory", "16M").With(2);
        outcome.Complaint.ShouldStartWith("low.elf at 0 to ");
        outcome.Complaint.ShouldContain(" overlaps ");
        outcome.Complaint.ShouldEndWith(": link it to another address");
        bench.Session("arithmetic-1").ShouldBeNull();
    }

    [Fact]
    public void A_guest_without_memory()
    {
        using Workbench bench = Prepared();
        string file = bench.File("guest.bin", TinyGuests.Ten.Code);
        Refused(
            bench, 2, ["record", "--flat", file, "--load", "0x7c00", "--mode", "16", "--memory", "0"],
            "--memory 0: a guest has 1M to 1T; leave it out for 256M");
    }

    [Fact]
    public void A_name_that_exists()
    {
        using Workbench bench = Prepared();
        bench.Record(TinyGuests.Ten, "nightly").Good();
        string before = Sql.Everything(bench.Database);
        bench.Record(TinyGuests.Ten, "nightly").With(2).Complaint.ShouldBe(
            "there is a session named 'nightly' already; choose another, or delete it with: replayvmm prune nightly");
        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_session_that_is_not_there_and_one_that_is_nearly_so_called()
    {
        using Workbench bench = Prepared();
        bench.Record(TinyGuests.Ten, "nightly").Good();
        foreach (string command in (string[])["replay", "show", "events", "console", "verify", "prune"])
        {
            string complaint = bench.Run(command, "nigthly").With(2).Complaint;
            complaint.ShouldStartWith("no session 'nigthly' in PostgreSQL in /");
            complaint.ShouldEndWith("; near: nightly");
            bench.Run(command, "something else").With(2).Complaint.ShouldEndWith("; replayvmm list shows them");
        }
    }

    [Fact]
    public void A_database_that_is_absent_or_a_server_that_is()
    {
        using var bench = new Workbench(server.NewDatabase());
        IEnumerable<string> others = bench.Database.Split(';').Where(setting => !setting.StartsWith("Database=", StringComparison.Ordinal));
        string absent = string.Join(';', others.Append("Database=absent"));
        string complaint = bench.Run("list", "--database", absent).With(3).Complaint;
        complaint.ShouldStartWith("opening the event store: PostgreSQL in /");
        complaint.ShouldEndWith(", database 'absent' does not exist; create it with createdb, or correct --database");
        bench.Run("list", "--database", "postgres://someone@127.0.0.1:1/anything").With(3).Complaint.ShouldBe(
            "opening the event store: nothing listens at PostgreSQL at 127.0.0.1:1, database 'anything'; "
            + "start the server or correct --database");
    }

    [Fact]
    public void A_database_that_is_read_only_can_be_read_and_not_recorded_into()
    {
        using Workbench bench = Prepared();
        bench.Record(TinyGuests.Ten, "old").Good();
        string name = Sql.Ask<string>(bench.Database, "select current_database()::text")!;
        Sql.Run(bench.Database, $"alter database {name} set default_transaction_read_only = on");
        bench.Run("replay", "old").Good();
        string before = Sql.Everything(bench.Database);
        string complaint = bench.Record(TinyGuests.Ten, "new").With(3).Complaint;
        complaint.ShouldStartWith("creating session 'new': PostgreSQL in /");
        complaint.ShouldEndWith(" is read-only (a standby, or default_transaction_read_only); use the primary to record");
        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_database_of_a_newer_schema()
    {
        using Workbench bench = Prepared();
        Sql.Run(bench.Database, "insert into rv_schema values (99, 'from-the-future', now(), '7.1.0')");
        string before = Sql.Everything(bench.Database);
        string complaint = bench.Record(TinyGuests.Ten, "new").With(3).Complaint;
        complaint.ShouldContain(" has schema 99, written by ReplayVmm 7.1.0; this program knows schemas up to ");
        complaint.ShouldEndWith(": upgrade it to 7.1.0 or later");
        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_recording_file_that_is_truncated_anywhere()
    {
        using Workbench bench = Prepared();
        byte[] whole = Exported(bench);
        string before = Sql.Everything(bench.Database);
        for (int length = 0; length < whole.Length; length += 1 + (whole.Length / 40))
        {
            string file = bench.File("cut.rvmm", whole[..length]);
            string complaint = bench.Run("import", file, "--name", "cut").With(2).Complaint;
            complaint.ShouldStartWith($"{file}, byte ");
            complaint.ShouldContain(length == 0 ? "the file is empty" : "the file ends ");
        }

        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_recording_file_in_which_one_bit_was_changed()
    {
        using Workbench bench = Prepared();
        byte[] whole = Exported(bench);
        string before = Sql.Everything(bench.Database);
        var random = new Random(7);
        for (int i = 0; i < 60; i++)
        {
            byte[] altered = [.. whole];
            int at = random.Next(altered.Length);
            altered[at] ^= (byte)(1 << random.Next(8));
            string file = bench.File("altered.rvmm", altered);
            string complaint = bench.Run("import", file, "--name", "altered").With(2).Complaint;
            complaint.ShouldStartWith(file, customMessage: $"bit in byte {at}");
        }

        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_session_that_is_still_being_recorded()
    {
        using Workbench bench = Prepared();
        bench.Record(TinyGuests.Ten, "done").Good();
        using EventStore store = EventStore.Open(bench.Database);
        using ISessionWriter recorder = store.Create(busyId, "busy");
        recorder.Append([.. store.Read(store.Find("done").Id).Take(1)]);
        string before = Sql.Everything(bench.Database);
        bench.Run("replay", "busy").With(2).Complaint.ShouldBe(
            "session 'busy' is still being recorded; replay it once the recording has ended");
        bench.Run("prune", "busy", "--yes").With(2).Complaint.ShouldBe("session 'busy' is being recorded; end the recording first");
        bench.Run("export", "busy", bench.Path_("busy.rvmm")).With(2).Complaint.ShouldBe(
            "session 'busy' is still being recorded; export it once the recording has ended");
        File.Exists(bench.Path_("busy.rvmm")).ShouldBeFalse();
        bench.Run("events", "busy").Good().Output.ShouldContain("session_started");
        Sql.Everything(bench.Database).ShouldBe(before);
    }

    [Fact]
    public void A_file_that_is_there_already_is_not_overwritten()
    {
        using Workbench bench = Prepared();
        bench.Record(TinyGuests.Ten, "it").Good();
        string file = bench.File("precious.rvmm", [1, 2, 3]);
        bench.Run("export", "it", file).With(2).Complaint.ShouldStartWith(file);
        File.ReadAllBytes(file).ShouldBe([1, 2, 3]);
    }

    /// <summary>A database with a schema and a bench with a key: what a command changes after that is the command's doing.</summary>
    private Workbench Prepared()
    {
        var bench = new Workbench(server.NewDatabase());
        bench.Run("list").Good();
        return bench;
    }

    private static void Refused(Workbench bench, int code, string[] arguments, string complaint)
    {
        string before = Sql.Everything(bench.Database);
        bench.Run(arguments).With(code).Complaint.ShouldBe(complaint);
        Sql.Everything(bench.Database).ShouldBe(before);
    }

    private static byte[] Exported(Workbench bench)
    {
        string file = bench.Path_("whole.rvmm");
        bench.Record(TinyGuests.Ten, "whole").Good();
        bench.Run("export", "whole", file).Good();
        bench.Run("prune", "whole", "--yes").Good();
        return File.ReadAllBytes(file);
    }
}
