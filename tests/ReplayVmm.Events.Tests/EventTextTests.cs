using System.Text.Json;

namespace ReplayVmm.Events.Tests;

public class EventTextTests
{
    [Fact]
    public void A_port_read_is_one_short_line()
    {
        var e = new Event { Kind = EventKind.PortRead, A = 0x3FD, B = 1, C = 0x60, D = 0x100012 };

        EventText.Of(e, default).ShouldBe("port_read 0x3fd size 1 value 0x60");
        EventText.Of(e, default, withRip: true).ShouldBe("port_read 0x3fd size 1 value 0x60 rip 0x0000000000100012");
    }

    [Fact]
    public void What_a_guest_printed_cannot_steer_the_terminal()
    {
        byte[] payload = [.. "\e[2J\"\\\r\n\t~"u8, 0x7F, 0xFF];
        var e = new Event { Kind = EventKind.ConsoleOutput, A = 1, PayloadLength = payload.Length };

        EventText.Of(e, payload).ShouldBe("""console_output 1 "\x1b[2J\"\\\r\n\t~\x7f\xff" """.TrimEnd());
    }

    [Fact]
    public void A_long_payload_is_cut_and_its_length_given()
    {
        var e = new Event { Kind = EventKind.GuestMemoryWritten, A = 0x7C00, B = 5000, PayloadLength = 5000 };

        EventText.Of(e, new byte[5000]).ShouldBe(
            "guest_memory_written 0x0000000000007c00 length 0x1388 " + new string('0', EventText.PayloadShown * 2) + " … 5000 bytes");
    }

    [Fact]
    public void A_kind_that_is_not_known_has_its_number() =>
        EventText.Of(new Event { Kind = (EventKind)200 }, default).ShouldBe("kind_200");

    [Fact]
    public void JSON_names_the_operands_as_the_table_does()
    {
        var e = new Event { Position = 5, VirtualTime = 77, Vcpu = 1, Kind = EventKind.PortRead, A = 0x3FD, B = 1, C = 0x60, D = 0x100012 };

        EventJson.Of(e, default).ShouldBe(
            """{"position":5,"virtualTime":77,"vm":0,"vcpu":1,"kind":"port_read","port":1021,"size":1,"value":96,"rip":"0x0000000000100012"}""");
    }

    [Theory]
    [InlineData(EventKind.SessionStarted, "{\n \"a\": [1,\r\n2]}", """{  "a": [1,  2]}""")]
    [InlineData(EventKind.SessionStarted, "{\"a\":\"\\ud800\"}", """{"a":"\ud800"}""")]
    [InlineData(EventKind.SessionStarted, "{broken", "\"{broken\"")]
    [InlineData(EventKind.ConsoleOutput, "hi\n", "\"hi\\n\"")]
    [InlineData(EventKind.StateDigest, "abc", "\"YWJj\"")]
    public void A_payload_is_JSON_text_or_Base64_and_stays_on_its_line(EventKind kind, string payload, string expected)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(payload);
        var e = new Event { Kind = kind, PayloadLength = bytes.Length };

        string json = EventJson.Of(e, bytes);

        json.ShouldEndWith($"\"payload\":{expected}}}");
        json.ShouldNotContain('\n');
    }

    [Fact]
    public void Any_bytes_as_payload_of_any_kind_make_valid_JSON_and_one_line()
    {
        var random = new Random(7);
        foreach (EventKindSchema schema in EventSchema.All.Where(schema => schema.Payload != PayloadFormat.None))
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] payload = new byte[random.Next(64)];
                random.NextBytes(payload);
                var e = new Event { Kind = schema.Kind, PayloadLength = payload.Length };

                using JsonDocument document = JsonDocument.Parse(EventJson.Of(e, payload));
                document.RootElement.GetProperty("kind").GetString().ShouldBe(schema.Name);
                EventText.Of(e, payload).Any(char.IsControl).ShouldBeFalse();
            }
        }
    }
}
