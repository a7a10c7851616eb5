using System.Globalization;
using Npgsql;

namespace ReplayVmm.Store.Tests;

/// <summary>SQL beside the store: what a stranger with a client would do.</summary>
internal static class Db
{
    public static int Execute(string url, string sql, params object[] values)
    {
        using NpgsqlConnection connection = Open(url);
        return connection.Execute(sql, values);
    }

    public static T? Scalar<T>(string url, string sql, params object[] values)
    {
        using NpgsqlConnection connection = Open(url);
        return connection.Scalar<T>(sql, values);
    }

    /// <summary>All rows, columns as text with '|' between them.</summary>
    public static List<string> Lines(string url, string sql, params object[] values)
    {
        using NpgsqlConnection connection = Open(url);
        return connection.Query(sql, reader => string.Join('|', Enumerable.Range(0, reader.FieldCount)
            .Select(i => reader.IsDBNull(i) ? "-" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))), values);
    }

    public static NpgsqlConnection Open(string url)
    {
        var connection = new NpgsqlConnection(url + ";Pooling=false");
        connection.Open();
        return connection;
    }
}
