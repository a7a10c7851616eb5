using System.Security.Cryptography;
using System.Text;

namespace ReplayVmm.Store.Tests;

/// <summary>Rows that can be told apart and checked, without a codec: their bytes follow from session and version.</summary>
internal static class Rows
{
    public static Guid SessionId(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    public static LogRow Row(string session, long version, int bytes = 3000, string type = "segment", int count = 10) =>
        new(version, type, Bytes(session, version, bytes), $$"""{"Events": {{count}}, "FirstPosition": {{version * count}}}""");

    public static LogRow[] Range(string session, long from, int count, int bytes = 3000) =>
        [.. Enumerable.Range(0, count).Select(i => Row(session, from + i, bytes))];

    public static byte[] Bytes(string session, long version, int length)
    {
        var bytes = new byte[length];
        new Random(HashCode(session, version)).NextBytes(bytes);
        return bytes;
    }

    private static int HashCode(string session, long version) =>
        BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{session}/{version}")));

    /// <summary>Every row is there, in order, and holds what was written.</summary>
    public static void ShouldBeWhole(IEnumerable<LogRow> rows, string session, long versions)
    {
        long expected = 0;
        foreach (LogRow row in rows)
        {
            expected++;
            row.Version.ShouldBe(expected);
            row.Binary.Span.SequenceEqual(Bytes(session, row.Version, row.Binary.Length)).ShouldBeTrue($"row {row.Version}");
        }
        expected.ShouldBe(versions);
    }
}
