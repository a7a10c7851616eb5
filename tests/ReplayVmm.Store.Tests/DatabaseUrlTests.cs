using Npgsql;

namespace ReplayVmm.Store.Tests;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgres://ann@db.example/log", "db.example", 5432, "ann", null, "log")]
    [InlineData("postgresql://ann:s%40c%2Fret@db.example:6543/my%20log", "db.example", 6543, "ann", "s@c/ret", "my log")]
    [InlineData("postgres://a%3Ab:c:d@[::1]:1/x", "::1", 1, "a:b", "c:d", "x")]
    [InlineData("postgres:///log?host=/run/pg&user=ann", "/run/pg", 5432, "ann", null, "log")]
    [InlineData("postgres://%2Frun%2Fpg/log", "/run/pg", 5432, null, null, "log")]
    [InlineData("POSTGRES://h?dbname=x&password=y&port=7", "h", 7, null, "y", "x")]
    [InlineData("Host=h;Username=u;Database=d;Port=9", "h", 9, "u", null, "d")]
    public void Both_forms_are_understood(string text, string host, int port, string? user, string? password, string? database)
    {
        NpgsqlConnectionStringBuilder settings = DatabaseUrl.Parse(text);
        (settings.Host, settings.Port, settings.Username, settings.Password, settings.Database).ShouldBe((host, port, user, password, database));
        settings.SearchPath.ShouldBe("public");
    }

    [Fact]
    public void Options_reach_npgsql()
    {
        NpgsqlConnectionStringBuilder settings = DatabaseUrl.Parse(
            "postgres://h/d?sslmode=verify-full&connect_timeout=3&application_name=x&search_path=other");
        (settings.SslMode, settings.Timeout, settings.ApplicationName, settings.SearchPath).ShouldBe((SslMode.VerifyFull, 3, "x", "other"));
    }

    [Theory]
    [InlineData("postgres://h/d", 300)]
    [InlineData("Host=h;Database=d", 300)]
    [InlineData("Host=h;Database=d;Command Timeout=7", 7)]
    public void A_database_that_says_nothing_is_given_up_after_five_minutes_or_as_its_settings_say(string text, int seconds) =>
        DatabaseUrl.Parse(text).CommandTimeout.ShouldBe(seconds);

    [Theory]
    [InlineData("postgres://u:hunter2@/d")]
    [InlineData("postgres://u:hunter2@h:port/d")]
    [InlineData("postgres://u:hunter2@h:70000/d")]
    [InlineData("postgres://u:hunter2@h/d?nonsense=1")]
    [InlineData("postgres://u:hunter2@h/d?sslmode")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=maybe")]
    [InlineData("mysql://u:hunter2@h/d")]
    [InlineData("Host=h;Password=hunter2;Nonsense=1")]
    [InlineData("hunter2")]
    [InlineData("")]
    [InlineData("Host=h;Port=many;Password=hunter2")]
    [InlineData("postgres://u:hunter2@h%00/d")]
    public void Anything_else_is_refused_in_one_line_without_the_password(string text)
    {
        LogException e = Should.Throw<LogException>(() => DatabaseUrl.Parse(text));
        e.Trouble.ShouldBe(LogTrouble.BadRequest);
        e.Message.ShouldNotContain("hunter2");
        e.Message.ShouldNotContain("\n");
    }
}
