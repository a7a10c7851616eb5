namespace ReplayVmm.Store.Tests;

/// <summary>Where a private server stands and what it needs; none is started.</summary>
public sealed class ServerPathsTests
{
    [Fact]
    public void Without_programs_it_says_how_to_get_them()
    {
        var bare = new HostEnvironment(IsRoot: false, "/nonexistent", "/nonexistent", null, null) { InstallDirectory = "/nonexistent" };
        LogException e = Should.Throw<LogException>(() => PostgresBinaries.Find(bare, null, "cluster"));
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldContain("apt-get install postgresql");
    }

    [Theory]
    [InlineData(false, null, "/home/ann/.local/share/replayvmm")]
    [InlineData(false, "/data", "/data/replayvmm")]
    [InlineData(true, null, "/var/lib/replayvmm")]
    [InlineData(true, "/data", "/data/replayvmm")]
    public void Its_data_stands_where_the_user_keeps_data(bool root, string? dataHome, string directory) =>
        new HostEnvironment(root, "", "/home/ann", dataHome, null).DefaultDirectory.ShouldBe(directory);

    [Fact]
    public void A_path_that_a_shell_or_a_socket_would_not_bear_is_refused()
    {
        var ann = new HostEnvironment(IsRoot: false, "", "/home/ann", null, null);
        Should.Throw<LogException>(() => new PrivateServer("/tmp/a\"b", ann)).Trouble.ShouldBe(LogTrouble.BadRequest);
        Should.Throw<LogException>(() => new PrivateServer("/tmp/$(b)", ann)).Trouble.ShouldBe(LogTrouble.BadRequest);
        new PrivateServer("/" + new string('x', 3000), ann).Paths.Socket.Length.ShouldBeLessThan(107);
        string deep = Directory.CreateTempSubdirectory("replayvmm-").FullName;
        string runtime = Directory.CreateDirectory(Path.Combine(deep, new string('y', 90))).FullName;
        Should.Throw<LogException>(() => new PrivateServer("/tmp/a", ann with { RuntimeDirectory = runtime }))
            .Message.ShouldContain("XDG_RUNTIME_DIR");
        Directory.Delete(deep, recursive: true);
    }
}
