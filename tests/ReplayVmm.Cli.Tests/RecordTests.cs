using ReplayVmm.Events;

namespace ReplayVmm.Cli.Tests;

public sealed class RecordTests : IDisposable
{
    private readonly TestBench bench = new();

    public void Dispose() => bench.Dispose();

    public static TheoryData<string, string> BadOptions => new()
    {
        { "--flat GUEST --load 0x7c00 --mode 16 --memory 0", "--memory 0: a guest has" },
        { "--flat GUEST --load 0x7c00 --mode 16 --memory 1025K", "not a multiple of 4,096" },
        { "--flat GUEST --load 0x7c00 --mode 16 --memory lots", "--memory lots: not a size" },
        { "--flat GUEST --load 0x7c00 --mode 17", "--mode 17: 16, 32 or 64" },
        { "--flat GUEST --mode 16", "--load ADDR is missing" },
        { "--flat GUEST --load 0x7c00", "--mode 16, 32 or 64 is missing" },
        { "--flat GUEST --load here --mode 16", "--load here: not a number" },
        { "--flat /no/such/guest --load 0 --mode 16", "--flat /no/such/guest: there is no such file" },
        { "--linux /no/such/kernel", "--linux /no/such/kernel: there is no such file" },
        { "--firmware GUEST", "not supported yet in this version" },
        { "", "no guest" },
        { "--linux GUEST --flat GUEST", "--linux and --flat name several guests" },
        { "--multiboot GUEST --initrd GUEST", "--initrd belongs to --linux" },
        { "--linux GUEST --load 5", "--load belongs to --flat" },
        { "--flat GUEST --load 0x7c00 --mode 16 --append x", "--append belongs to" },
        { "--flat GUEST --load 0x7c00 --mode 16 --vendor amd", "vmx or svm" },
        { "--flat GUEST --load 0x7c00 --mode 16 --vcpus 0", "at least one" },
        { "--flat GUEST --load 0x7c00 --mode 16 --patches none", "arrive with the hypervisor" },
        { "--flat GUEST --load 0x7c00 --mode 16 --type-after nothing", "--type-after: 'nothing' has no '='" },
        { "--flat GUEST --load 0x7c00 --mode 16 --until-time soon", "--until-time soon: not a time" },
        { "--flat GUEST --load 0x7c00 --mode 16 --until-events many", "--until-events many: not a number" },
        { "--flat GUEST --load 0x7c00 --mode 16 --input /no/such/keys", "--input /no/such/keys: cannot be read" },
        { "--flat GUEST --load 0x7c00 --mode 16 --key /no/such/key", "/no/such/key" },
        { "--linux GUEST", "guest.bin" },
        { "--multiboot GUEST", "guest.bin" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Bad_options_are_refused_in_one_line_before_anything_is_written(string options, string message)
    {
        string[] arguments = options.Replace("GUEST", bench.Flat, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        TestBench.Outcome outcome = bench.Run(["record", .. arguments]);
        outcome.Code.ShouldBe(ExitCode.BadUsage, outcome.Error);
        outcome.Complaint.ShouldContain(message);
        outcome.Output.ShouldBeEmpty();
        bench.Log.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_that_is_taken_is_refused()
    {
        bench.Record("run").Code.ShouldBe(0);
        TestBench.Outcome outcome = bench.Record("run");
        outcome.Code.ShouldBe(ExitCode.BadUsage);
        outcome.Complaint.ShouldContain("'run' already");
        bench.Log.Sessions.Count.ShouldBe(1);
    }

    [Fact]
    public void Without_a_name_the_guests_file_gets_the_next_number()
    {
        string[] arguments = ["record", "--flat", bench.Flat, "--load", "0x7c00", "--mode", "16", "--quiet"];
        bench.Run(arguments).Output.ShouldBe("guest-1\n");
        bench.Run(arguments).Output.ShouldBe("guest-2\n");
        bench.Log.Sessions.RemoveAt(0);
        bench.Run(arguments).Output.ShouldBe("guest-3\n");
    }

    [Fact]
    public void Without_a_log_nothing_is_written()
    {
        TestBench.Outcome outcome = bench.Record("run", "--no-record");
        outcome.Code.ShouldBe(0);
        outcome.Error.ShouldContain("ran · without a log");
        bench.Log.Sessions.ShouldBeEmpty();
    }

    [Fact]
    public void A_text_that_appears_ends_the_session_and_one_that_does_not_is_a_condition_not_met()
    {
        string keys = bench.File("keys", "abcdefgh"u8.ToArray());
        bench.Record("seen", "--input", keys, "--until-text", "cde").Error.ShouldContain("text seen");
        bench.Run("replay", "seen").Code.ShouldBe(0);
        TestBench.Outcome missed = bench.Record("missed", "--input", keys, "--until-text", "xyz");
        missed.Code.ShouldBe(ExitCode.Different);
        missed.Error.ShouldContain("\"xyz\" did not appear");
    }

    [Fact]
    public void Ctrl_C_ends_a_recording_cleanly_and_it_replays()
    {
        bench.Turns = int.MaxValue;
        int seen = 0;
        var machine = bench.Doors.Machine;
        bench.Doors = bench.Doors with
        {
            Machine = (manifest, images, inputs, sink, options) => machine(manifest, images, inputs, sink, options with
            {
                OnTurn = at =>
                {
                    options.OnTurn?.Invoke(at);
                    if (++seen == 100)
                        bench.Interrupt!();
                },
            }),
        };
        TestBench.Outcome outcome = bench.Record("run");
        outcome.Code.ShouldBe(0, outcome.Error);
        outcome.Error.ShouldContain("operator stopped");
        bench.Run("replay", "run").Output.ShouldContain("to the end (operator stopped)");
    }

    [Fact]
    public void A_log_that_fails_ends_the_recording_with_3_and_says_what_is_safe()
    {
        bench.Turns = 100_000;
        int commits = 0;
        bench.Log.BeforeAppend = _ =>
        {
            if (++commits > 2)
                throw new LogException(LogTrouble.Unavailable, "the server closed the connection");
        };
        TestBench.Outcome outcome = bench.Record("run");
        outcome.Code.ShouldBe(ExitCode.Lacking);
        outcome.Error.ShouldContain("recording 'run' stopped: the server closed the connection; events before ");
        bench.Log.BeforeAppend = null;
        bench.Run("replay", "run").Output.ShouldContain("to the last event; the recording was cut short there");
    }
}
