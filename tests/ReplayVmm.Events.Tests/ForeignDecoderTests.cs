using System.Diagnostics;
using System.Text.Json;

namespace ReplayVmm.Events.Tests;

/// <summary>Rows decoded by another ecosystem's MessagePack (and Brotli), compared field by field with what was written.</summary>
public sealed class ForeignDecoderTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Python_reads_every_field_of_a_session()
    {
        Assert.SkipUnless(Imports("msgpack"), "python3-msgpack is not installed");
        Assert.SkipUnless(Imports("brotli"), "python3-brotli is not installed");
        Compare(Samples.Rows(Samples.Session()));
    }

    [Fact]
    public void Python_reads_an_event_of_each_kind()
    {
        Assert.SkipUnless(Imports("msgpack"), "python3-msgpack is not installed");
        Compare([.. EventSchema.All.Select(schema => GoldenKindTests.Encode(GoldenKindTests.Example(schema.Kind)))]);
    }

    private void Compare(List<LogRow> rows)
    {
        List<string> expected = [];
        List<string> files = [];
        var decoder = new SegmentDecoder();
        foreach (LogRow row in rows)
        {
            decoder.Decode(row);
            foreach (ref readonly Event e in decoder.Events)
                expected.Add(Line(row.Version, e, decoder.Arena));
            files.Add(Path.Combine(folder, $"{files.Count}.row"));
            File.WriteAllBytes(files[^1], row.Binary.ToArray());
        }

        string[] actual = Decode(files);

        actual.Length.ShouldBe(expected.Count);
        for (int i = 0; i < actual.Length; i++)
            actual[i].ShouldBe(expected[i]);
    }

    private static string Line(long row, in Event e, ReadOnlySpan<byte> arena)
    {
        ulong last = e.PayloadLength > 0 ? 0 : e.E;
        return $"[{row}, {e.Position}, {e.VirtualTime}, {e.Vm}, {e.Vcpu}, {(int)e.Kind}, {e.A}, {e.B}, {e.C}, {e.D}, {last}, "
            + $"\"{Convert.ToHexStringLower(e.Payload(arena))}\"]";
    }

    private static string[] Decode(List<string> files)
    {
        var schema = EventSchema.All.ToDictionary(
            kind => ((int)kind.Kind).ToString(provider: null),
            kind => new object[] { EventSchema.CountsPosition(kind.Kind) ? 1 : 0, kind.Payload != PayloadFormat.None },
            StringComparer.Ordinal);
        using Process process = Start([Path.Combine(Golden.ForeignFolder, "decode.py"), .. files]);
        process.StandardInput.Write(JsonSerializer.Serialize(schema));
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool Imports(string module)
    {
        if (!File.Exists(Python))
            return false;
        using Process process = Start(["-c", $"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Process Start(IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        }).ShouldNotBeNull();
}
