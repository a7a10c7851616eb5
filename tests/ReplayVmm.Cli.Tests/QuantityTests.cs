namespace ReplayVmm.Cli.Tests;

public class QuantityTests
{
    [Theory]
    [InlineData("256M", 256UL << 20)]
    [InlineData("1G", 1UL << 30)]
    [InlineData("64KiB", 64UL << 10)]
    [InlineData("4096", 4096UL)]
    [InlineData("0x1000", 4096UL)]
    [InlineData("0", 0UL)]
    public void Sizes_have_units(string text, ulong bytes) => Quantities.Size("--memory", text).ShouldBe(bytes);

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1M")]
    [InlineData("1.5G")]
    [InlineData("999999999999G")]
    [InlineData("12Q")]
    public void What_is_not_a_size_is_refused(string text) =>
        Should.Throw<UsageException>(() => Quantities.Size("--memory", text)).Message.ShouldStartWith($"--memory {text}: ");

    [Theory]
    [InlineData("10s", 10_000_000_000UL)]
    [InlineData("500ms", 500_000_000UL)]
    [InlineData("7us", 7_000UL)]
    [InlineData("2min", 120_000_000_000UL)]
    [InlineData("123", 123UL)]
    [InlineData("9ns", 9UL)]
    public void Times_have_units(string text, ulong nanoseconds) => Quantities.Time("--until-time", text).ShouldBe(nanoseconds);

    [Fact]
    public void Amounts_are_short()
    {
        Quantities.Short(5_712_345_678).ShouldBe("5.7 G");
        Quantities.Short(999).ShouldBe("999");
        Quantities.Bytes(13 << 20).ShouldBe("13.0 MiB");
        Quantities.Bytes(12).ShouldBe("12 B");
    }
}
