using System.Net.Sockets;
using Npgsql;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>Turns what PostgreSQL or the network says into one line: what, where, what to do.</summary>
internal static class DatabaseTrouble
{
    /// <summary>True for the exceptions that <see cref="Explain"/> is for.</summary>
    public static bool IsOurs(Exception e) =>
        e is NpgsqlException or SocketException or TimeoutException or IOException or ObjectDisposedException
        || (e is InvalidOperationException && e.Source == "Npgsql");

    /// <summary>
    /// What happened while <paramref name="doing"/> (a gerund: "appending to session x") at <paramref name="settings"/>.
    /// </summary>
    public static LogException Explain(Exception e, string doing, NpgsqlConnectionStringBuilder settings)
    {
        string where = Where(settings);
        if (e is PostgresException server)
            return Answer(server, doing, where, settings);
        string what = Root(e) switch
        {
            SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } =>
                $"nothing listens at {where}; start the server or correct --database",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                $"the host of {where} is not known; correct --database",
            TimeoutException => $"{where} did not answer in time; see that the server runs and is not overloaded",
            _ when e is NpgsqlException { InnerException: null } => $"{where}: {OneLine(e.Message)}",
            var root => $"the connection to {where} was lost ({OneLine(root.Message)}); see that the server runs, then try again",
        };
        return new LogException(LogTrouble.Unavailable, $"{doing}: {what}", e);
    }

    /// <summary>Host, port and database, never a password.</summary>
    public static string Where(NpgsqlConnectionStringBuilder settings) =>
        settings.Host?.StartsWith('/') == true
            ? $"PostgreSQL in {settings.Host}, database '{settings.Database ?? settings.Username}'"
            : $"PostgreSQL at {settings.Host}:{settings.Port}, database '{settings.Database ?? settings.Username}'";

    private static LogException Answer(
        PostgresException e, string doing, string where, NpgsqlConnectionStringBuilder settings)
    {
        (LogTrouble trouble, string what) = e.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => (
                LogTrouble.Unavailable,
                $"{where} refused user '{settings.Username}'; correct the user or the password in --database, or the server's pg_hba.conf"),
            PostgresErrorCodes.InvalidCatalogName => (
                LogTrouble.Unavailable, $"{where} does not exist; create it with createdb, or correct --database"),
            PostgresErrorCodes.ReadOnlySqlTransaction => (
                LogTrouble.Unavailable, $"{where} is read-only (a standby, or default_transaction_read_only); use the primary to record"),
            PostgresErrorCodes.InsufficientPrivilege => (
                LogTrouble.Unavailable,
                $"{where}: user '{settings.Username}' may not do this ({OneLine(e.MessageText)}); it needs replayvmm_writer to record, "
                + "replayvmm_owner to prune or to change the schema"),
            PostgresErrorCodes.DiskFull => (
                LogTrouble.Unavailable, $"the disk of {where} is full ({OneLine(e.MessageText)}); free space, for instance with prune"),
            PostgresErrorCodes.TooManyConnections => (
                LogTrouble.Unavailable, $"{where} has no connection left; close other programs or raise max_connections"),
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => (
                LogTrouble.Unavailable, $"{where} is shutting down or starting ({OneLine(e.MessageText)}); try again when it is up"),
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => (
                LogTrouble.Unavailable,
                $"{where} does not have ReplayVmm's schema as it should ({OneLine(e.MessageText)}); "
                + "tables were changed or dropped by hand, or search_path differs"),
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => (
                LogTrouble.BadRecording, $"{where} says its own data is damaged ({OneLine(e.MessageText)}); restore a backup"),
            PostgresErrorCodes.InvalidTextRepresentation or PostgresErrorCodes.UntranslatableCharacter
                or PostgresErrorCodes.NumericValueOutOfRange or PostgresErrorCodes.CharacterNotInRepertoire
                or PostgresErrorCodes.ProgramLimitExceeded => (
                LogTrouble.BadRecording, $"{where} cannot hold what was to be written ({OneLine(e.MessageText)})"),
            _ => (LogTrouble.Unavailable, $"{where} answered {e.SqlState}: {OneLine(e.MessageText)}"),
        };
        return new LogException(trouble, $"{doing}: {what}", e);
    }

    private static Exception Root(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
