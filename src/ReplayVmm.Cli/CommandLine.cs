using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>The command line: from arguments to an exit code. Callable in-process.</summary>
public static class CommandLine
{
    private const string BisectOption = "--for-git-bisect";

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>What a new user does first.</summary>
    internal static IReadOnlyList<string> Examples { get; } =
    [
        "replayvmm doctor                                               # what this machine has and lacks",
        "replayvmm record --linux memtest86+x64.bin --until-time 10s    # run a guest and record it",
        "replayvmm list                                                 # what was recorded",
        "replayvmm replay memtest86+x64-1                               # run it again and compare every event",
    ];

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Messages.</param>
    /// <param name="doors">The world; the host's where null.</param>
    /// <returns>The exit code, as the documentation lists them.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, HostDoors? doors = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var invocation = new Invocation(doors ?? new HostDoors(), output, error);
        int code = Guarded(invocation, () => Invoke(arguments, invocation));
        return arguments.Contains(BisectOption, StringComparer.Ordinal) && code is not (ExitCode.Done or ExitCode.Different) ? ExitCode.BisectSkip : code;
    }

    private static int Invoke(IReadOnlyList<string> arguments, Invocation invocation)
    {
        RootCommand root = Root(invocation);
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        invocation.Parsed = parsed;
        bool asksForHelp = parsed.Action is HelpWithExamples;
        if (parsed.Errors.Count > 0 && !asksForHelp)
            throw new UsageException(Complaint(parsed));
        return parsed.Invoke(new InvocationConfiguration
        {
            Output = invocation.Output,
            Error = invocation.Error,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static RootCommand Root(Invocation invocation)
    {
        var root = new RootCommand("A flight recorder for virtual machines: records a guest, and runs it again bit for bit.")
        {
            RecordCommand.Create(invocation),
            ReplayCommand.Create(invocation),
            ListCommand.Create(invocation),
            ShowCommand.Create(invocation),
            EventsCommand.Create(invocation),
            ConsoleCommand.Create(invocation),
            VerifyCommand.Create(invocation),
            ExportCommand.Create(invocation),
            ExportDiskCommand.Create(invocation),
            ImportCommand.Create(invocation),
            PruneCommand.Create(invocation),
            DatabaseCommand.Create(invocation),
            DoctorCommand.Create(invocation),
        };
        root.Options.Add(invocation.Options.Database);
        root.Options.Add(invocation.Options.Json);
        root.Options.Add(invocation.Options.Quiet);
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction usual })
                option.Action = new HelpWithExamples(usual);
        }

        return root;
    }

    /// <summary>The first thing that is wrong with what was typed, in one line.</summary>
    private static string Complaint(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string path = string.Join(' ', Path(parsed.CommandResult).Prepend("replayvmm").Distinct(StringComparer.Ordinal));
        string help = $"; see {path} --help";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            bool option = token.StartsWith('-');
            IEnumerable<string> names = option
                ? AllOptions(parsed.CommandResult).SelectMany(o => o.Aliases.Append(o.Name))
                : command.Subcommands.Select(c => c.Name);
            string kind = option ? "unknown option" : command.Subcommands.Count > 0 ? "unknown command" : "one argument too many:";
            return $"{kind} '{token}'{NearNames.Hint(token, names, help)}";
        }

        return parsed.Errors[0].Message.TrimEnd('.').ReplaceLineEndings(" ") + help;
    }

    private static IEnumerable<string> Path(CommandResult result) =>
        result.Parent is CommandResult parent ? Path(parent).Append(result.Command.Name) : [];

    private static IEnumerable<Option> AllOptions(CommandResult result) =>
        result.Command.Options.Concat(result.Parent is CommandResult parent ? AllOptions(parent).Where(o => o.Recursive) : []);

    private static int Guarded(Invocation invocation, Func<int> action)
    {
        try
        {
            return action();
        }
        catch (UsageException e)
        {
            return Fail(invocation, ExitCode.BadUsage, e);
        }
        catch (BootException e)
        {
            return Fail(invocation, ExitCode.BadUsage, e);
        }
        catch (DiskException e)
        {
            return Fail(invocation, ExitCode.Lacking, e);
        }
        catch (LogException e)
        {
            return Fail(invocation, e.Trouble == LogTrouble.Unavailable ? ExitCode.Lacking : ExitCode.BadUsage, e);
        }
        catch (IOException e) when (e.Message.Contains("Broken pipe", StringComparison.Ordinal))
        {
            // Whoever read the results has seen enough.
            return ExitCode.Done;
        }
#pragma warning disable CA1031 // The last resort: whatever it is, it is our bug, and it is told in one line.
        catch (Exception e)
#pragma warning restore CA1031
        {
            invocation.Warn(
                $"internal error at {invocation.Activity}: {e.GetType().Name}: {OneLine(e.Message)}; "
                + "please report this line, and run again with REPLAYVMM_TRACE=1 for the trace");
            Trace(invocation, e);
            return ExitCode.Bug;
        }
    }

    private static int Fail(Invocation invocation, int code, Exception e)
    {
        invocation.Warn(OneLine(e.Message));
        Trace(invocation, e);
        return code;
    }

    private static void Trace(Invocation invocation, Exception e)
    {
        if (invocation.Doors.Variable("REPLAYVMM_TRACE") == "1")
            invocation.Error.WriteLine(e);
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
