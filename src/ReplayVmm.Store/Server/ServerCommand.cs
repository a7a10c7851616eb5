using System.ComponentModel;
using System.Diagnostics;
using ReplayVmm.Events;

namespace ReplayVmm.Store;

/// <summary>Runs PostgreSQL's programs; as root, as the user <c>postgres</c>.</summary>
internal sealed class ServerCommand(HostEnvironment environment)
{
    private const string ServerUser = "postgres";

    /// <summary>How a program ended.</summary>
    /// <param name="Code">Its exit code.</param>
    /// <param name="Output">All it printed.</param>
    public sealed record Result(int Code, string Output);

    /// <summary>Runs a program as the user who runs the server.</summary>
    public Result RunAsServer(string program, params string[] arguments) =>
        environment.IsRoot ? Run(SwitchUser([program, .. arguments])) : Run([program, .. arguments]);

    /// <summary>Runs a program as this user.</summary>
    public static Result Run(string program, params string[] arguments) => Run([program, .. arguments]);

    /// <summary>
    /// Makes a directory that only the server's user can read, or takes over one that is there.
    /// </summary>
    public void MakeDirectory(string path)
    {
        if (new DirectoryInfo(path).LinkTarget is not null)
        {
            throw new LogException(
                LogTrouble.Unavailable, $"{path} is a symbolic link; remove it, the private server makes a directory there");
        }
        try
        {
            if (!environment.IsRoot)
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                // Fails where the directory is another user's, which in /tmp is what an attack would look like.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                return;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogException(
                LogTrouble.Unavailable, $"the directory {path} cannot be made or is not ours ({e.Message}); remove it or choose another", e);
        }
        Result made = Run("install", "-d", "-o", ServerUser, "-g", ServerUser, "-m", "0700", path);
        if (made.Code != 0)
        {
            throw new LogException(
                LogTrouble.Unavailable,
                $"the directory {path} cannot be given to the user {ServerUser} ({LastLine(made.Output)}); "
                + "is PostgreSQL's server installed? apt-get install postgresql makes that user");
        }
        if (RunAsServer("test", "-w", path).Code != 0)
        {
            throw new LogException(
                LogTrouble.Unavailable,
                $"the user {ServerUser}, who runs the server for root, cannot reach {path}; choose a directory outside root's home");
        }
    }

    /// <summary>The last line of what a program printed, for a message of one line.</summary>
    public static string LastLine(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";

    private static string[] SwitchUser(string[] command)
    {
        string[][] ways =
        [
            ["/usr/sbin/runuser", "-u", ServerUser, "--"],
            ["/sbin/runuser", "-u", ServerUser, "--"],
            ["/usr/bin/setpriv", $"--reuid={ServerUser}", $"--regid={ServerUser}", "--init-groups"],
        ];
        string[] way = Array.Find(ways, w => File.Exists(w[0])) ?? throw new LogException(
            LogTrouble.Unavailable, "neither runuser nor setpriv is here to run PostgreSQL as another user than root; install util-linux");
        return [.. way, .. command];
    }

    private static Result Run(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        IDictionary<string, string?> variables = start.Environment;
        // PGDATA, PGPORT and the like would lead the programs to another server.
        foreach (string name in variables.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            variables.Remove(name);
        variables["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return new Result(process.ExitCode, output + errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            throw new LogException(LogTrouble.Unavailable, $"{command[0]} cannot be run ({e.Message}); is it installed?", e);
        }
    }
}
