using ReplayVmm.Events;

namespace ReplayVmm.Cli.Tests;

public class ConditionTests
{
    private static readonly Event Read = new() { Kind = EventKind.PortRead, Position = 100, VirtualTime = 5000, A = 0x3FD, B = 1, C = 0x61, D = 0x1234 };

    [Theory]
    [InlineData("kind == port_read", true)]
    [InlineData("kind != port_read", false)]
    [InlineData("port == 0x3fd && (value & 1) != 0", true)]
    [InlineData("port == 0x3fd && (value & 2) != 0", false)]
    [InlineData("position >= 100 && position < 101", true)]
    [InlineData("time > 4_999 && time <= 5000", true)]
    [InlineData("!(vcpu == 0) || size == 1", true)]
    [InlineData("value >> 4 == 6", true)]
    [InlineData("value - 1 == 0x60", true)]
    [InlineData("1 + 2 << 1 == 6", true)]
    [InlineData("true && !false", true)]
    [InlineData("value ^ 1 == 0", null)]
    [InlineData("index == 0", false)]
    [InlineData("index != 0", false)]
    [InlineData("payload.contains(\"x\")", false)]
    public void Conditions_mean_what_they_mean_in_csharp(string text, bool? expected)
    {
        if (expected is null)
            Should.Throw<UsageException>(() => Condition.Parse(text)).Message.ShouldContain("parentheses");
        else
            Condition.Parse(text).Holds(Read, default).ShouldBe(expected.Value);
    }

    [Fact]
    public void A_payload_can_be_searched()
    {
        byte[] arena = "some error here"u8.ToArray();
        var e = new Event { Kind = EventKind.ConsoleOutput, PayloadLength = arena.Length };
        Condition.Parse("payload.contains(\"error\") && device == 0").Holds(e, arena).ShouldBeTrue();
        Condition.Parse("payload.contains(\"Error\")").Holds(e, arena).ShouldBeFalse();
    }

    [Theory]
    [InlineData("prot == 1", "column 1: unknown name 'prot'; did you mean port")]
    [InlineData("kind == port_raed", "unknown name 'port_raed'; did you mean port_read")]
    [InlineData("port", "column 1: this is not true or false")]
    [InlineData("port = 1", "equality is ==")]
    [InlineData("port == ", "column 9: the end stands where")]
    [InlineData("(port == 1", "the '(' is not closed")]
    [InlineData("port == 1 2", "column 11: '2' follows")]
    [InlineData("port && true", "needs something true or false on its left")]
    [InlineData("0xzz == 1", "'0xzz' is not a number")]
    [InlineData("payload == 1", "payload.contains")]
    [InlineData("\"open", "no closing")]
    [InlineData("", "column 1: the end stands")]
    public void What_is_not_a_condition_is_explained(string text, string message)
    {
        string said = Should.Throw<UsageException>(() => Condition.Parse(text)).Message;
        said.ShouldContain(message);
        said.ShouldStartWith("--where, column ");
    }

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Should.Throw<UsageException>(() => Condition.Parse(new string('(', 100_000))).Message.ShouldContain("nested too deeply");

    [Fact]
    public void A_condition_of_very_many_parts_is_refused_before_it_is_asked()
    {
        string text = string.Join(" + ", Enumerable.Repeat("1", 50_000)) + " == 2";
        Should.Throw<UsageException>(() => Condition.Parse(text)).Message.ShouldContain("at most 2000 parts");
        Condition.Parse(string.Join(" + ", Enumerable.Repeat("1", 900)) + " == 900").Holds(Read, default).ShouldBeTrue();
    }
}
