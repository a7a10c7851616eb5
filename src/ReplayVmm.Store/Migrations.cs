using System.Globalization;
using System.Reflection;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Brings a database to the schema that this program knows. Migrations are numbered files; each is applied once, in order, under a
/// lock, in one transaction with its entry in <c>rv_schema</c>.
/// </summary>
internal static class Migrations
{
    /// <summary>Advisory lock of whoever migrates; any constant that no one else takes.</summary>
    private const long MigrationLock = 0x5265_706C_6179_0001;

    private static readonly (int Number, string Name, string Text)[] All = [.. Load()];

    /// <summary>The schema version that this program knows.</summary>
    public static int Current => All[^1].Number;

    /// <summary>Applies what is missing. A database that is up to date is only read.</summary>
    /// <exception cref="LogException">The schema is newer than this program, or may not be changed.</exception>
    public static void Apply(Database database, DateTimeOffset now)
    {
        int found = database.Use("opening the event store", connection => Check(connection, database.Settings));
        if (found == Current)
            return;
        database.Transact("preparing the schema", connection =>
        {
            connection.Execute("select pg_advisory_xact_lock($1)", MigrationLock);
            connection.Execute("""
                create table if not exists rv_schema (
                    version integer     not null constraint rv_schema_version primary key,
                    name    varchar     not null,
                    applied timestamptz not null,
                    program varchar     not null)
                """);
            int from = Check(connection, database.Settings);
            foreach ((int number, string name, string text) in All)
            {
                if (number <= from)
                    continue;
                connection.Execute(text);
                connection.Execute(
                    "insert into rv_schema (version, name, applied, program) values ($1, $2, $3, $4)",
                    number, name, now, Program);
            }
            connection.Execute(Resource("Schema/roles.sql"));
            return true;
        });
    }

    private static string Program => typeof(Migrations).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    private static int Check(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings)
    {
        if (connection.Scalar<string>("select to_regclass('rv_schema')::text") is null)
            return 0;
        (int version, string program) = connection
            .Query(
                "select version, program from rv_schema order by version desc limit 1",
                reader => (reader.GetInt32(0), reader.GetString(1)))
            .FirstOrDefault((0, ""));
        if (version > Current)
        {
            throw new LogException(
                LogTrouble.Unavailable,
                $"{DatabaseTrouble.Where(settings)} has schema {version}, written by ReplayVmm {program}; this program knows schemas up to "
                + $"{Current}: upgrade it to {program} or later");
        }
        return version;
    }

    private static IEnumerable<(int Number, string Name, string Text)> Load() =>
        from resource in typeof(Migrations).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal)
        where resource.StartsWith("Schema/0", StringComparison.Ordinal)
        let name = Path.GetFileNameWithoutExtension(resource)
        select (int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name[5..], Resource(resource));

    internal static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the resource {name} is not in the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
