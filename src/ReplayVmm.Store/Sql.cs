using Npgsql;

namespace ReplayVmm.Store;

/// <summary>Short forms for commands with positional parameters.</summary>
internal static class Sql
{
    /// <summary>A command whose <c>$1</c>, <c>$2</c>, … are <paramref name="values"/>.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (object? value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Runs a statement; the number of rows it touched.</summary>
    public static int Execute(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row, or the default where there is no row or it is null.</summary>
    public static T? Scalar<T>(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        return command.ExecuteScalar() is T value ? value : default;
    }

    /// <summary>All rows, each made into an item.</summary>
    public static List<T> Query<T>(
        this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> item, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        using NpgsqlDataReader reader = command.ExecuteReader();
        var items = new List<T>();
        while (reader.Read())
            items.Add(item(reader));
        return items;
    }
}
