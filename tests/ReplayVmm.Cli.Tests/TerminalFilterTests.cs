using System.Text;

namespace ReplayVmm.Cli.Tests;

public class TerminalFilterTests
{
    [Theory]
    [InlineData("plain\r\n\ttext \b.", "plain\r\n\ttext \b.")]
    [InlineData("\e[2J\e[1;1H\e[31mred\e[0m\e[?25l", "\e[2J\e[1;1H\e[31mred\e[0m\e[?25l")]
    [InlineData("a\e]0;title\ab", "ab")]
    [InlineData("a\e]52;c;Y2xpcA==\e\\b", "ab")]
    [InlineData("a\ePdcs\e\\b", "ab")]
    [InlineData("a\e[cb\e[6nc\e[?1049hd\e[>0qe", "abcde")]
    [InlineData("bell\a\u0001\u007f", "bell")]
    [InlineData("\e(Bx", "x")]
    public void A_guest_may_draw_but_not_drive_the_terminal(string printed, string shown) => Filter(printed).ShouldBe(shown);

    [Fact]
    public void A_sequence_may_arrive_byte_by_byte_and_without_end()
    {
        Filter("x\e[" + new string('1', 10_000) + "my").ShouldStartWith("x");
        Filter("x\e]" + new string('1', 10_000)).ShouldBe("x");
    }

    private static string Filter(string text)
    {
        var filter = new TerminalFilter();
        var output = new List<byte>();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
            filter.Write([b], output);
        return Encoding.UTF8.GetString([.. output]);
    }
}
