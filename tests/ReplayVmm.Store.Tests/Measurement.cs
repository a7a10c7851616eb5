using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace ReplayVmm.Store.Tests;

/// <summary>
/// Rates of the store, by hand: <c>ReplayVmm.Store.Tests --measure [rows] [bytes a row] [rows a transaction]</c>. It asserts nothing.
/// </summary>
internal static class Measurement
{
    public static int Run(string[] args)
    {
        int[] numbers = [.. args.Select(a => int.Parse(a, System.Globalization.CultureInfo.InvariantCulture))];
        int rows = numbers.ElementAtOrDefault(0) is > 0 and var r ? r : 4096;
        int bytes = numbers.ElementAtOrDefault(1) is > 0 and var b ? b : 25_000;
        int batch = numbers.ElementAtOrDefault(2) is > 0 and var n ? n : 32;
        using TemporaryServer server = TemporaryServer.Start();
        string url = server.NewDatabase();
        using EventStore store = EventStore.Open(url);
        byte[][] payloads = [.. Enumerable.Range(0, 64).Select(_ => RandomNumberGenerator.GetBytes(bytes))];
        const string Header = """
            {"Format":1,"FirstPosition":123456789,"Events":4096,"FirstVirtualTime":1234567890123,"LastVirtualTime":1234567990123,
            "Kinds":{"port_read":2048,"port_written":1024,"cpuid_read":10,"msr_written":14,"vm_exited":1000},
            "Previous":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}
            """;

        Guid id = Guid.Parse("00000000-0000-8000-8000-000000000001");
        var watch = Stopwatch.StartNew();
        using (ISessionWriter writer = store.Create(id, "measured"))
        {
            for (int v = 1; v <= rows; v += batch)
            {
                writer.Append([.. Enumerable.Range(v, Math.Min(batch, rows - v + 1))
                    .Select(i => new LogRow(i, "segment", payloads[i % 64], Header))]);
            }
        }
        Report("append", rows, bytes, watch.Elapsed.TotalSeconds);

        watch.Restart();
        long read = store.Read(id).Sum(row => (long)row.Binary.Length);
        Report("read", rows, (int)(read / rows), watch.Elapsed.TotalSeconds);

        using var connection = new NpgsqlConnection(url);
        connection.Open();
        using NpgsqlCommand size = connection.CreateCommand();
        size.CommandText = "select pg_total_relation_size('mt_events'), pg_table_size('mt_events')";
        using NpgsqlDataReader sizes = size.ExecuteReader();
        sizes.Read();
        Console.WriteLine(
            $"mt_events with indexes and TOAST {sizes.GetInt64(0):N0} bytes: {(double)sizes.GetInt64(0) / rows:N0} a row of {bytes:N0}, "
            + $"{(double)sizes.GetInt64(0) / rows / 4096:N2} an event of {bytes / 4096.0:N2}");
        sizes.Close();

        Guid real = Recording.Append(store, "real", Recording.Make(400_000));
        watch.Restart();
        new EventTable(store).CatchUp(real);
        size.CommandText = "select count(*), pg_total_relation_size('rv_events') from rv_events";
        using NpgsqlDataReader table = size.ExecuteReader();
        table.Read();
        Console.WriteLine(
            $"rv_events: {table.GetInt64(0) / watch.Elapsed.TotalSeconds:N0} rows/s, {table.GetInt64(1) / table.GetInt64(0):N0} bytes a row "
            + $"({table.GetInt64(0):N0} rows)");
        return 0;
    }

    private static void Report(string what, int rows, int bytes, double seconds) => Console.WriteLine(
        $"{what}: {rows / seconds:N0} rows/s, {rows * 4096.0 / seconds / 1e6:N2} M events/s, {(double)rows * bytes / seconds / 1e6:N1} MB/s "
        + $"({rows:N0} rows in {seconds:N2} s)");
}
