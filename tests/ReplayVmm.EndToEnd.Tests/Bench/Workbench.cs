using System.Text.Json;
using ReplayVmm.Cli;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>
/// The program with a database and a folder of its own: run within this process, or as a child that can be killed. Nothing of the
/// user's is read or written.
/// </summary>
internal sealed class Workbench : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-e2e-").FullName;
    private readonly Dictionary<string, string> variables;

    public Workbench(string database)
    {
        Database = database;
        variables = new Dictionary<string, string>
        {
            ["REPLAYVMM_DATABASE"] = database,
            ["XDG_CONFIG_HOME"] = Path_("config"),
            ["XDG_DATA_HOME"] = Path_("data"),
            ["REPLAYVMM_TRACE"] = "",
        };
    }

    public string Database { get; }

    /// <summary>The key that this bench's recordings are signed with, once one was made.</summary>
    public string PublicKey => Path_("config/replayvmm/signing-key.pub");

    public string Path_(string name) => Path.Combine(folder, name);

    public string File(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(Path_(name), bytes);
        return Path_(name);
    }

    /// <summary>Runs the program within this process.</summary>
    public Outcome Run(params string[] arguments) => Run(beforeLog: null, arguments);

    /// <summary>Runs the program within this process; does something at the moment when it opens the log.</summary>
    public Outcome Run(Action? beforeLog, string[] arguments)
    {
        using var output = new MemoryStream();
        using var writer = new StreamWriter(output);
        using var error = new StringWriter();
        var doors = new HostDoors
        {
            Variable = name => variables.GetValueOrDefault(name) is { Length: > 0 } value ? value : null,
            Terminal = new NoTerminal(),
            OnInterrupt = _ => new MemoryStream(),
        };
        if (beforeLog is not null)
        {
            Func<string?, ReplayVmm.Events.IEventLog> open = doors.OpenLog;
            doors = doors with
            {
                OpenLog = url =>
                {
                    beforeLog();
                    return open(url);
                },
            };
        }

        int code = CommandLine.Run(arguments, writer, error, doors);
        writer.Flush();
        return new Outcome(code, output.ToArray(), error.ToString());
    }

    /// <summary>Starts the program in a process of its own.</summary>
    public ChildProgram Start(params string[] arguments) => new(variables, arguments);

    /// <summary>Starts another program in the program's surroundings.</summary>
    public ChildProgram StartOther(string program, params string[] arguments) => new(program, variables, arguments);

    /// <summary>The arguments that record <paramref name="guest"/> under <paramref name="name"/>.</summary>
    public string[] Recording(TinyGuest guest, string name, params string[] more) =>
        [
            "record", .. guest.Arguments(File(guest.Name + ".bin", guest.Code)),
            "--memory", "1M", "--wall-clock", "0", "--name", name, .. more,
        ];

    /// <summary>Records <paramref name="guest"/> within this process.</summary>
    public Outcome Record(TinyGuest guest, string name, params string[] more) => Run(Recording(guest, name, more));

    /// <summary>The session as <c>list --json</c> shows it; null where there is none.</summary>
    public JsonElement? Session(string name)
    {
        foreach (JsonElement session in Run("list", "--json").Good().Json.EnumerateArray())
        {
            if (session.GetProperty("name").GetString() == name)
                return session;
        }

        return null;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
