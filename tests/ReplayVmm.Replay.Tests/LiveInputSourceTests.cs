using System.Text;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay.Tests;

public class LiveInputSourceTests
{
    private static void Print(LiveInputSource source, string text)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(text))
            source.Write(b);
    }

    private static string Take(LiveInputSource source, ulong now, int room = 64)
    {
        Span<byte> buffer = stackalloc byte[room];
        return Encoding.UTF8.GetString(buffer[..source.TakeConsoleInput(now, buffer)]);
    }

    [Fact]
    public void A_script_types_once_its_text_has_appeared_one_step_after_the_other()
    {
        LiveInputSource source = Recordings.Inputs("", null, TypeAfter.Parse("login: =root\\r"), TypeAfter.Parse("# =halt\\r"));
        Take(source, 1).ShouldBe("");
        Print(source, "# lologin:");
        Take(source, 2).ShouldBe("");
        Print(source, " ");
        Take(source, 3).ShouldBe("root\r");
        source.StepsLeft.ShouldBe(1);
        Print(source, "# ");
        Take(source, 4).ShouldBe("halt\r");
        source.StepsLeft.ShouldBe(0);
    }

    [Fact]
    public void A_text_that_overlaps_its_own_beginning_is_found()
    {
        LiveInputSource source = Recordings.Inputs("", "abab!");
        Print(source, "xababab!");
        source.EndRequested(0, out EndReason reason).ShouldBeTrue();
        reason.ShouldBe(EndReason.TextSeen);
    }

    [Fact]
    public void Bytes_are_handed_out_once_at_one_virtual_time()
    {
        LiveInputSource source = Recordings.Inputs("abcdef");
        Take(source, 5, room: 2).ShouldBe("ab");
        Take(source, 5, room: 2).ShouldBe("");
        Take(source, 6, room: 2).ShouldBe("cd");
    }

    [Fact]
    public void A_waiting_guest_with_pending_input_goes_on_at_a_new_virtual_time()
    {
        LiveInputSource source = Recordings.Inputs("a");
        source.WaitForInput(100, ulong.MaxValue).ShouldBe(101UL);
        Take(source, 101).ShouldBe("a");
        source.WaitForInput(101, 5000).ShouldBe(5000UL);
        source.WaitForInput(101, ulong.MaxValue).ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void A_guest_that_has_no_room_for_what_is_typed_sleeps_until_its_deadline()
    {
        LiveInputSource source = Recordings.Inputs("abc");
        Take(source, 5, room: 1).ShouldBe("a");
        // Full now, but the next moment could have room again.
        source.WaitForInput(5, 5000).ShouldBe(6UL);
        source.WaitForInput(6, 5000).ShouldBe(5000UL);
        source.WaitForInput(5000, ulong.MaxValue).ShouldBe(ulong.MaxValue);
        Take(source, 5100).ShouldBe("bc");
    }

    [Fact]
    public void Stopping_wakes_a_guest_that_waits_for_a_person()
    {
        var feed = new TerminalFeed();
        var source = new LiveInputSource(new LiveInputs { Entropy = bytes => bytes.Clear(), Clock = TimeProvider.System, Terminal = feed });
        var guest = new Thread(() => source.WaitForInput(10, ulong.MaxValue).ShouldBeLessThan(ulong.MaxValue));
        guest.Start();
        source.Stop();
        guest.Join();
        source.EndRequested(11, out EndReason reason).ShouldBeTrue();
        reason.ShouldBe(EndReason.OperatorStopped);
    }

    [Fact]
    public void A_terminal_that_closes_leaves_a_guest_that_nothing_can_wake()
    {
        var feed = new TerminalFeed();
        var source = new LiveInputSource(new LiveInputs { Entropy = bytes => bytes.Clear(), Clock = TimeProvider.System, Terminal = feed });
        feed.Type("q"u8);
        feed.Close();
        Take(source, 1).ShouldBe("q");
        source.WaitForInput(1, ulong.MaxValue).ShouldBe(ulong.MaxValue);
    }

    [Theory]
    [InlineData("no separator", "has no '='")]
    [InlineData("=keys", "names no text")]
    [InlineData("a=\\q", "unknown escape")]
    [InlineData("a=\\x4", "unknown escape")]
    public void A_step_that_is_not_one_is_refused(string step, string message) =>
        Should.Throw<FormatException>(() => TypeAfter.Parse(step)).Message.ShouldContain(message);

    [Fact]
    public void Escapes_name_any_byte()
    {
        TypeAfter step = TypeAfter.Parse("a\\=b=\\x1b\\e[A€=\\\\");
        step.Text.ShouldBe("a=b");
        step.Keys.ShouldBe([0x1B, 0x1B, .. "[A€=\\"u8]);
    }
}
