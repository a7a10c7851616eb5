using System.Globalization;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>
/// Reads what people write after <c>--database</c>: a <c>postgres://user:password@host:port/database?sslmode=require</c> URL, as other
/// PostgreSQL programs take it, or a list of <c>Keyword=value;</c> pairs, as Npgsql takes it.
/// </summary>
internal static class DatabaseUrl
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    /// <summary>The connection settings that <paramref name="text"/> means.</summary>
    /// <exception cref="LogException">It is neither form. The message never holds the text, which may hold a password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        string? scheme = Array.Find(Schemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase));
        NpgsqlConnectionStringBuilder settings = Settings(() => scheme is null ? new NpgsqlConnectionStringBuilder(text) : Url(text[scheme.Length..]));
        if (string.IsNullOrEmpty(settings.Host))
            throw Bad("it names no host");
        settings.SearchPath ??= "public";
        settings.ApplicationName ??= "replayvmm";
        settings.TcpKeepAlive = true;
        settings.MaxAutoPrepare = Math.Max(settings.MaxAutoPrepare, 16);
        settings.IncludeErrorDetail = false;
        // Npgsql's default of 30 s is too short for an append to a disk that stalls.
        if (settings.CommandTimeout == 30)
            settings.CommandTimeout = 300;
        return settings;
    }

    /// <summary>Npgsql has rules of its own for values: a zero character in a host, for example.</summary>
    private static NpgsqlConnectionStringBuilder Settings(Func<NpgsqlConnectionStringBuilder> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw Bad("it is neither a URL nor a list of Keyword=value; pairs that Npgsql knows");
        }
    }

    private static NpgsqlConnectionStringBuilder Url(string rest)
    {
        var settings = new NpgsqlConnectionStringBuilder();
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        string query = question < 0 ? "" : rest[(question + 1)..];
        string main = question < 0 ? rest : rest[..question];

        int slash = main.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? main : main[..slash];
        string database = slash < 0 ? "" : Decode(main[(slash + 1)..]);

        int at = authority.LastIndexOf('@');
        if (at >= 0)
            Credentials(settings, authority[..at]);
        HostAndPort(settings, authority[(at + 1)..]);
        if (database.Length > 0)
            settings.Database = database;
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            Option(settings, pair);
        return settings;
    }

    private static void Credentials(NpgsqlConnectionStringBuilder settings, string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        settings.Username = Decode(colon < 0 ? text : text[..colon]);
        if (colon >= 0)
            settings.Password = Decode(text[(colon + 1)..]);
    }

    private static void HostAndPort(NpgsqlConnectionStringBuilder settings, string text)
    {
        if (text.Length == 0)
            return;
        int bracket = text.IndexOf(']', StringComparison.Ordinal);
        int colon = text.IndexOf(':', Math.Max(bracket, 0));
        string host = colon < 0 ? text : text[..colon];
        settings.Host = Decode(bracket > 0 && host[0] == '[' ? host[1..bracket] : host);
        if (colon >= 0)
            settings.Port = PortNumber(text[(colon + 1)..]);
    }

    private static void Option(NpgsqlConnectionStringBuilder settings, string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw Bad($"the option '{pair}' has no value");
        string name = Decode(pair[..equals]).ToLowerInvariant();
        string value = Decode(pair[(equals + 1)..]);
        switch (name)
        {
            case "host": settings.Host = value; break;
            case "port": settings.Port = PortNumber(value); break;
            case "user": settings.Username = value; break;
            case "password": settings.Password = value; break;
            case "dbname": settings.Database = value; break;
            case "application_name": settings.ApplicationName = value; break;
            case "connect_timeout": settings.Timeout = Number(name, value, 0, 1024); break;
            case "sslmode": settings["SSL Mode"] = Ssl(value); break;
            case "sslrootcert": settings.RootCertificate = value; break;
            case "options": settings.Options = value; break;
            case "search_path": settings.SearchPath = value; break;
            default:
                throw Bad($"the option '{name}' is unknown; known are host, port, user, password, dbname, application_name, "
                    + "connect_timeout, sslmode, sslrootcert, options, search_path");
        }
    }

    private static string Ssl(string value) => value.ToLowerInvariant() switch
    {
        "disable" => "Disable",
        "allow" => "Allow",
        "prefer" => "Prefer",
        "require" => "Require",
        "verify-ca" => "VerifyCA",
        "verify-full" => "VerifyFull",
        _ => throw Bad("sslmode is one of disable, allow, prefer, require, verify-ca, verify-full"),
    };

    private static int PortNumber(string text) => Number("port", text, 1, 65535);

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Bad($"{name} is not a number from {least} to {most}");

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static LogException Bad(string why) => new(
        LogTrouble.BadRequest, $"the database URL cannot be used: {why}; it looks like postgres://user:password@host:5432/database");
}
