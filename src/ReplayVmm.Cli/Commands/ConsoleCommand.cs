using System.CommandLine;
using System.Text;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>console</c>: what the guest printed.</summary>
internal static class ConsoleCommand
{
    private static readonly string[] Devices = ["com1", "debug", "hvc0"];

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file" };
        var raw = new Option<bool>("--raw") { Description = "Send every byte to the terminal, whatever it does there" };
        var device = new Option<string?>("--device") { Description = "Only what this device printed; default: all of it", HelpName = "com1|debug|hvc0" };
        var command = new CliCommand(
            "console",
            "Prints what the guest printed",
            "replayvmm console nightly-7                 # as it looked",
            "replayvmm console nightly-7 > screen.txt    # every byte",
            "replayvmm console nightly-7 --device hvc0   # the virtio console alone");
        command.Arguments.Add(session);
        command.Options.Add(raw);
        command.Options.Add(device);
        return command.Does(() => Run(invocation, invocation.Get(session), invocation.Get(raw), Number(invocation.Get(device))));
    }

    /// <summary>Operand <c>device</c> of a console's events; null for all consoles.</summary>
    private static ulong? Number(string? device)
    {
        if (device is null)
            return null;
        int number = Array.IndexOf(Devices, device);
        return number >= 0 ? (ulong)number
            : throw new UsageException($"--device {device}: there is no such console{NearNames.Hint(device, Devices, "; it is com1, debug or hvc0")}");
    }

    private static int Run(Invocation invocation, string name, bool raw, ulong? device)
    {
        using OpenedSession session = OpenedSession.Open(invocation, name);
        var decoder = new SegmentDecoder();
        var text = new StringBuilder();
        using var output = new ConsoleOutput(invocation, filtered: !raw);
        foreach (LogRow row in session.Log.Read(session.Info.Id))
        {
            if (RowHeader.Of(row).CountOf(EventKind.ConsoleOutput) == 0)
                continue;
            decoder.Decode(row);
            foreach (ref readonly Event e in decoder.Events)
            {
                if (e.Kind != EventKind.ConsoleOutput || (device is not null && e.A != device))
                    continue;
                if (invocation.Json)
                    text.Append(Encoding.Latin1.GetString(e.Payload(decoder.Arena)));
                else
                    output.Write(e.Payload(decoder.Arena));
            }
        }

        if (invocation.Json)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(text.ToString());
            JsonOutput.Object(invocation.Output, writer => writer.WriteString("console"u8, Encoding.UTF8.GetString(bytes)));
        }

        return ExitCode.Done;
    }
}
