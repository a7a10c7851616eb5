using System.Text;

namespace ReplayVmm.Events.Tests;

public class MessagePackTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(127UL, "7f")]
    [InlineData(128UL, "cc80")]
    [InlineData(255UL, "ccff")]
    [InlineData(256UL, "cd0100")]
    [InlineData(65535UL, "cdffff")]
    [InlineData(65536UL, "ce00010000")]
    [InlineData(0xFFFF_FFFFUL, "ceffffffff")]
    [InlineData(0x1_0000_0000UL, "cf0000000100000000")]
    [InlineData(ulong.MaxValue, "cfffffffffffffffff")]
    public void An_unsigned_integer_takes_its_shortest_form(ulong value, string hex)
    {
        byte[] bytes = new byte[16];
        var writer = new MessagePackWriter(bytes);
        writer.UInt(value);

        Convert.ToHexStringLower(bytes.AsSpan(0, writer.Length)).ShouldBe(hex);
        MessagePackWriter.SizeOf(value).ShouldBe(writer.Length);
        Reader(hex).UInt().ShouldBe(value);
    }

    [Theory]
    [InlineData(-1L, "ff")]
    [InlineData(-32L, "e0")]
    [InlineData(-33L, "d0df")]
    [InlineData(-128L, "d080")]
    [InlineData(-129L, "d1ff7f")]
    [InlineData(-32768L, "d18000")]
    [InlineData(-32769L, "d2ffff7fff")]
    [InlineData(int.MinValue, "d280000000")]
    [InlineData(int.MinValue - 1L, "d3ffffffff7fffffff")]
    [InlineData(long.MinValue, "d38000000000000000")]
    [InlineData(100L, "64")]
    [InlineData(long.MaxValue, "cf7fffffffffffffff")]
    public void A_signed_integer_takes_its_shortest_form(long value, string hex)
    {
        byte[] bytes = new byte[16];
        var writer = new MessagePackWriter(bytes);
        writer.Int(value);

        Convert.ToHexStringLower(bytes.AsSpan(0, writer.Length)).ShouldBe(hex);
        MessagePackWriter.SizeOf(value).ShouldBe(writer.Length);
        Reader(hex).Int().ShouldBe(value);
    }

    [Theory]
    [InlineData("d07f", 127UL)]
    [InlineData("d100ff", 255UL)]
    [InlineData("d200000001", 1UL)]
    [InlineData("d30000000000000005", 5UL)]
    [InlineData("cf0000000000000005", 5UL)]
    public void An_integer_in_a_longer_form_is_read_too(string hex, ulong value)
    {
        Reader(hex).UInt().ShouldBe(value);
        Reader(hex).Int().ShouldBe((long)value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cc")]
    [InlineData("cf00000000000000")]
    [InlineData("ff")]
    [InlineData("d080")]
    [InlineData("c0")]
    [InlineData("90")]
    [InlineData("ca00000000")]
    public void What_is_no_unsigned_integer_is_refused(string hex) => Refused(hex, reader => reader.UInt());

    [Theory]
    [InlineData("ddffffffff")]
    [InlineData("dcffff")]
    [InlineData("9f")]
    [InlineData("dd000000")]
    [InlineData("80")]
    [InlineData("c1")]
    public void An_array_that_claims_more_than_is_there_is_refused(string hex) => Refused(hex, reader => reader.Array("an array"));

    [Theory]
    [InlineData("c6ffffffff00")]
    [InlineData("c5ffff00")]
    [InlineData("c40100000000", 2)]
    [InlineData("c402ff")]
    [InlineData("a161")]
    public void Bytes_that_claim_more_than_is_there_or_are_of_another_length_are_refused(string hex, int length = 65536) =>
        Refused(hex, reader => reader.Bin(length, "bytes"));

    [Theory]
    [InlineData("dbffffffff61")]
    [InlineData("a1ff")]
    [InlineData("a56162636465")]
    [InlineData("c40161")]
    public void A_text_that_is_too_long_or_not_UTF8_is_refused(string hex) => Refused(hex, reader => reader.Text(4, "a text"));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65536)]
    public void A_text_and_bytes_of_any_length_are_read_back(int length)
    {
        string text = new('é', length / 2);
        byte[] bytes = new byte[length * 2 + 32];
        var writer = new MessagePackWriter(bytes);
        writer.Text(text);
        writer.Bin(Encoding.UTF8.GetBytes(text));
        writer.Array(length);
        var reader = new MessagePackReader(bytes, "row", 1);

        reader.Text(length, "a text").ShouldBe(text);
        reader.Bin("bytes").Length.ShouldBe(Encoding.UTF8.GetByteCount(text));
    }

    private delegate void Read(MessagePackReader reader);

    private static void Refused(string hex, Read read) =>
        Should.Throw<LogException>(() => read(Reader(hex))).Message.ShouldStartWith("row 1, byte ");

    private static MessagePackReader Reader(string hex) => new(Convert.FromHexString(hex), "row", 1);
}
