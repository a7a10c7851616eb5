using System.Diagnostics;
using System.Globalization;

namespace ReplayVmm.Store.Tests;

/// <summary>Each test has a server of its own, to break it.</summary>
public sealed class PrivateServerTests : IDisposable
{
    private readonly TemporaryServer temporary;
    private readonly PrivateServer server;

    public PrivateServerTests(ServerFixture fixture)
    {
        _ = fixture.Server; // skips where PostgreSQL is absent
        temporary = TemporaryServer.Start();
        server = temporary.Server;
    }

    private static void KillAll(int postmaster)
    {
        var processes = new List<int> { postmaster };
        foreach (string directory in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                string parent = File.ReadLines(Path.Combine(directory, "status")).First(l => l.StartsWith("PPid:", StringComparison.Ordinal))[5..];
                if (int.Parse(parent, CultureInfo.InvariantCulture) == postmaster)
                    processes.Add(int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }
        foreach (int id in processes)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit();
            }
            catch (ArgumentException)
            {
                // It ended with its parent.
            }
        }
    }

    [Fact]
    public void It_starts_once_stops_once_and_keeps_its_data()
    {
        server.EnsureStarted().ShouldBeFalse();
        server.Status().State.ShouldBe(ServerState.Running);
        using (EventStore store = EventStore.Open(server.ConnectionString))
            Recording.Append(store, "a", Recording.Make(10));
        server.Stop().ShouldBeTrue();
        server.Status().State.ShouldBe(ServerState.Stopped);
        server.Status().ProcessId.ShouldBeNull();
        server.Stop().ShouldBeFalse();

        server.EnsureStarted(keepRunning: true).ShouldBeTrue();
        ServerStatus status = server.Status();
        (status.State, status.KeptRunning).ShouldBe((ServerState.Running, true));
        status.Bytes.ShouldBeGreaterThan(1 << 20);
        using (EventStore store = EventStore.Open(server.ConnectionString))
            store.Find("a").Ended.ShouldBeTrue();
    }

    [Fact]
    public void Opening_uses_the_server_that_runs_and_starts_the_one_that_does_not_or_that_was_killed()
    {
        int running = server.Status().ProcessId!.Value;
        using (EventStore store = server.Open())
            Recording.Append(store, "a", Recording.Make(10));
        server.Status().ProcessId.ShouldBe(running);

        // It leaves its socket behind, where nobody answers any more.
        KillAll(running);
        File.Exists(server.Paths.Socket).ShouldBeTrue();
        using (EventStore store = server.Open())
            store.Find("a").Ended.ShouldBeTrue();

        server.Stop().ShouldBeTrue();
        using (EventStore store = server.Open())
            store.List().Count.ShouldBe(1);
        server.Status().State.ShouldBe(ServerState.Running);
    }

    [Fact]
    public void It_listens_on_a_short_socket_that_only_its_owner_reaches_and_keeps_fsync_on()
    {
        server.Paths.Socket.Length.ShouldBeLessThanOrEqualTo(107);
        File.GetUnixFileMode(server.Paths.Sockets).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Db.Lines(server.ConnectionString, """
            select name, setting from pg_settings
            where name in ('listen_addresses', 'fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'unix_socket_directories')
            order by name
            """).ShouldBe(
        [
            "data_checksums|on", "fsync|on", "full_page_writes|on", "listen_addresses|", "synchronous_commit|on",
            $"unix_socket_directories|{server.Paths.Sockets}",
        ]);
    }

    [Fact]
    public void Programs_that_start_it_at_once_start_one()
    {
        server.Stop();
        int started = 0;
        Parallel.For(0, 5, new ParallelOptions { MaxDegreeOfParallelism = 5 }, _ =>
        {
            if (new PrivateServer(server.DataDirectory).EnsureStarted())
                Interlocked.Increment(ref started);
        });
        started.ShouldBe(1);
        server.Status().State.ShouldBe(ServerState.Running);
    }

    [Fact]
    public void Everything_that_was_acknowledged_is_there_after_the_server_was_killed()
    {
        using (ChildRecorder child = ChildRecorder.Start(server.ConnectionString, "child"))
        {
            long safe = 0;
            while (safe < 200)
                safe = child.NextAcknowledged();
            KillAll(server.Status().ProcessId!.Value);
            while (child.NextAcknowledged() is var version && version > 0)
                safe = version;
            server.Status().State.ShouldBe(ServerState.Crashed);

            server.EnsureStarted().ShouldBeTrue();
            using EventStore store = EventStore.Open(server.ConnectionString);
            SessionInfo info = store.Find("child");
            // One batch more may have been committed whose acknowledgement was lost; never less, and never a part of one.
            info.Version.ShouldBeOneOf(safe, safe + 4);
            Rows.ShouldBeWhole(store.Read(info.Id), "child", info.Version);
            (info.Events, info.BeingRecorded).ShouldBe((info.Version * 10, false));
        }
    }

    [Fact]
    public void A_writer_learns_in_one_line_that_the_server_was_killed_and_what_is_safe()
    {
        using EventStore store = EventStore.Open(server.ConnectionString);
        using ISessionWriter writer = store.Create(Rows.SessionId("a"), "a");
        writer.Append(Rows.Range("a", 1, 8));
        KillAll(server.Status().ProcessId!.Value);
        LogException e = Should.Throw<LogException>(() => writer.Append(Rows.Range("a", 9, 8)));
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldContain("rows up to 8 are safe");
        e.Message.ShouldNotContain("\n");
        Should.Throw<LogException>(() => store.List()).Trouble.ShouldBe(LogTrouble.Unavailable);
        server.EnsureStarted();
        Rows.ShouldBeWhole(store.Read(Rows.SessionId("a")), "a", 8);
    }

    [Fact]
    public void Idle_it_stops_and_in_use_or_kept_it_stays()
    {
        void LongUnused() => File.SetLastWriteTimeUtc(server.Paths.Used, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));

        server.LookOnce();
        server.Status().State.ShouldBe(ServerState.Running, "it was used a moment ago");

        LongUnused();
        using (Db.Open(server.ConnectionString))
            server.LookOnce();
        server.Status().State.ShouldBe(ServerState.Running, "a connection is open");
        File.GetLastWriteTimeUtc(server.Paths.Used).ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));

        server.EnsureStarted(keepRunning: true);
        LongUnused();
        server.LookOnce();
        server.Status().State.ShouldBe(ServerState.Running, "it is to be kept");

        File.Delete(server.Paths.Keep);
        LongUnused();
        using (File.Open(server.Paths.Lock, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            server.LookOnce();
        server.Status().State.ShouldBe(ServerState.Running, "someone is starting it");

        // The server notices a moment later that the connections above were closed.
        SpinWait.SpinUntil(
            () => Db.Scalar<long>(server.ConnectionString, "select count(*) from pg_stat_activity where backend_type = 'client backend'") == 1,
            TimeSpan.FromMinutes(1)).ShouldBeTrue();
        LongUnused();
        server.LookOnce();
        server.Status().State.ShouldBe(ServerState.Stopped);
    }

    [Fact]
    public void A_stale_lock_file_is_named()
    {
        server.Stop();
        using var self = Process.GetCurrentProcess();
        File.WriteAllText(server.Paths.PidFile, self.Id.ToString(CultureInfo.InvariantCulture) + "\n");
        LogException e = Should.Throw<LogException>(() => server.EnsureStarted());
        e.Trouble.ShouldBe(LogTrouble.Unavailable);
        e.Message.ShouldContain(server.Paths.PidFile);
        e.Message.ShouldContain("delete the file");
        File.Delete(server.Paths.PidFile);
        server.EnsureStarted().ShouldBeTrue();
    }

    [Fact]
    public void A_cluster_of_another_version_is_named()
    {
        server.Stop();
        string file = Path.Combine(server.Paths.Cluster, "PG_VERSION");
        string version = File.ReadAllText(file);
        File.WriteAllText(file, "99\n");
        Should.Throw<LogException>(() => server.EnsureStarted()).Message.ShouldContain("install postgresql-99");
        File.WriteAllText(file, "garbage");
        Should.Throw<LogException>(() => server.EnsureStarted()).Message.ShouldContain("is not a PostgreSQL data directory");
        File.WriteAllText(file, version);
    }

    [Fact]
    public void A_server_that_cannot_start_says_what_its_log_says()
    {
        server.Stop();
        string file = Path.Combine(server.Paths.Cluster, "postgresql.conf");
        string settings = File.ReadAllText(file);
        File.AppendAllText(file, "\nshared_buffers = 'nonsense'\n");
        LogException e = Should.Throw<LogException>(() => server.EnsureStarted());
        e.Message.ShouldContain("shared_buffers");
        e.Message.ShouldNotContain("\n");
        File.WriteAllText(file, settings);
        server.EnsureStarted().ShouldBeTrue();
    }

    [Fact]
    public void A_backup_can_be_restored_and_never_overwrites()
    {
        string file = Path.Combine(Path.GetDirectoryName(server.DataDirectory)!, Path.GetFileName(server.DataDirectory) + ".backup");
        try
        {
            List<LogRow> rows = Recording.Make(5000);
            using (EventStore store = EventStore.Open(server.ConnectionString))
                Recording.Append(store, "a", rows);
            server.Backup(file);
            Should.Throw<LogException>(() => server.Backup(file)).Trouble.ShouldBe(LogTrouble.BadRequest);
            Should.Throw<LogException>(() => server.Backup("/nonexistent/x")).Trouble.ShouldBe(LogTrouble.BadRequest);
            Should.Throw<LogException>(() => server.Backup("/proc/x")).Trouble.ShouldBe(LogTrouble.Unavailable);

            string url = temporary.NewDatabase();
            PostgresBinaries binaries = PostgresBinaries.FindAll(HostEnvironment.FromProcess())[0];
            ServerCommand.Run(
                binaries.Program("pg_restore"), "-h", server.Paths.Sockets, "-U", "replayvmm", "-d",
                new Npgsql.NpgsqlConnectionStringBuilder(url).Database!, file).Output.ShouldBeEmpty();
            using EventStore restored = EventStore.Open(url);
            restored.Read(restored.Find("a").Id).Select(r => Convert.ToHexString(r.Binary.Span))
                .ShouldBe(rows.Select(r => Convert.ToHexString(r.Binary.Span)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => temporary.Dispose();
}
