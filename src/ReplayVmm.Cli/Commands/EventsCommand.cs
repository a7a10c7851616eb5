using System.CommandLine;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary><c>events</c>: the log.</summary>
internal static class EventsCommand
{
    private static readonly TimeSpan FollowPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes the command.</summary>
    public static Command Create(Invocation invocation)
    {
        var session = new Argument<string>("session") { Description = "Name, id or unique prefix; or a .rvmm file" };
        var kinds = new Option<string[]>("--kind") { Description = "Only these kinds; may be repeated, or several with commas", HelpName = "KIND" };
        var from = new Option<string?>("--from") { Description = "From this event on", HelpName = "POSITION" };
        var to = new Option<string?>("--to") { Description = "Up to this event, inclusive", HelpName = "POSITION" };
        var tail = new Option<string?>("--tail") { Description = "Only the last N of what is asked for", HelpName = "N" };
        var where = new Option<string?>("--where")
        {
            Description = "Only events that meet a condition over their fields, with C#'s operators",
            HelpName = "CONDITION",
        };
        var follow = new Option<bool>("--follow") { Description = "Wait for more while it is being recorded" };
        var command = new CliCommand(
            "events",
            "Shows the log, one event a line: position, virtual time, vcpu, what happened",
            "replayvmm events nightly-7 --to 1902114 --tail 16",
            "replayvmm events nightly-7 --kind port_read,port_written --from 1000 --to 2000",
            "replayvmm events nightly-7 --where \"port == 0x3fd && (value & 1) != 0\"",
            "replayvmm events nightly-7 --where 'kind == console_output && payload.contains(\"error\")' --json",
            "replayvmm events nightly-7 --follow");
        command.Arguments.Add(session);
        foreach (Option option in new Option[] { kinds, from, to, tail, where, follow })
            command.Options.Add(option);
        return command.Does(() =>
        {
            string[] wanted = invocation.Get(kinds) ?? [];
            var filter = new EventFilter(
                wanted.Length == 0 ? null : Kinds(wanted),
                invocation.Get(from) is { } f ? Quantities.Number("--from", f) : 0,
                invocation.Get(to) is { } t ? Quantities.Number("--to", t) : ulong.MaxValue,
                invocation.Get(where) is { } w ? Condition.Parse(w) : null);
            if (filter.From > filter.To)
                throw new UsageException($"--from {filter.From} lies after --to {filter.To}");
            int? last = invocation.Get(tail) is { } n ? Tail(n) : null;
            return Run(invocation, invocation.Get(session), filter, last, invocation.Get(follow));
        });
    }

    private static int Tail(string text)
    {
        ulong count = Quantities.Number("--tail", text);
        return count is > 0 and <= 1_000_000 ? (int)count : throw new UsageException($"--tail {text}: 1 to 1,000,000 can be");
    }

    private static bool[] Kinds(string[] names)
    {
        bool[] kinds = new bool[256];
        foreach (string name in names.SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            EventKindSchema schema = EventSchema.Find(name) ?? throw NoSuchKind(name);
            kinds[(int)schema.Kind] = true;
        }

        return kinds;
    }

    private static UsageException NoSuchKind(string name)
    {
        string hint = NearNames.Hint(name, EventSchema.All.Select(s => s.Name), "; kinds are port_read, msr_written, console_output, …");
        return new UsageException($"--kind {name}: there is no such kind{hint}");
    }

    private static int Run(Invocation invocation, string name, EventFilter filter, int? tail, bool follow)
    {
        using OpenedSession session = OpenedSession.Open(invocation, name);
        long first = filter.From > 0 ? RowSearch.VersionAt(session.Log, session.Info, filter.From) : 1;
        long next = tail is { } count ? Last(invocation, session, filter, first, count) : All(invocation, session, filter, first);
        if (!follow)
            return ExitCode.Done;
        bool stopped = false;
        using IDisposable interrupt = invocation.Doors.OnInterrupt(() => stopped = true);
        while (!Volatile.Read(ref stopped))
        {
            // Asked before reading: what was appended before it ended is read in this round.
            bool goesOn = session.Log.Find(session.Info.Id.ToString()).BeingRecorded;
            next = All(invocation, session, filter, next);
            if (!goesOn)
                break;
            invocation.Doors.Sleep(FollowPause);
        }

        return ExitCode.Done;
    }

    /// <summary>Shows what matches from row <paramref name="version"/> on, and gives the row to go on with.</summary>
    private static long All(Invocation invocation, OpenedSession session, EventFilter filter, long version)
    {
        var decoder = new SegmentDecoder();
        foreach (LogRow row in session.Log.Read(session.Info.Id, version))
        {
            version = row.Version + 1;
            RowHeader header = RowHeader.Of(row);
            if (header.FirstPosition > filter.To)
                break;
            if (!filter.MayMatch(header))
                continue;
            decoder.Decode(row);
            foreach (ref readonly Event e in decoder.Events)
            {
                if (filter.Matches(e, decoder.Arena))
                    EventLine.Write(invocation, e, decoder.Arena);
            }

            invocation.Output.Flush();
        }

        return version;
    }

    /// <summary>Shows the last matches, looked for backwards from the end in steps that double.</summary>
    private static long Last(Invocation invocation, OpenedSession session, EventFilter filter, long first, int count)
    {
        long end = filter.To == ulong.MaxValue ? session.Info.Version : RowSearch.VersionAt(session.Log, session.Info, filter.To);
        var lines = new List<Action>();
        long step = 4;
        for (long upTo = end; upTo >= first && lines.Count < count; step *= 2)
        {
            long start = Math.Max(first, upTo - step + 1);
            List<Action> found = Window(invocation, session, filter, start, upTo, count);
            lines.InsertRange(0, found);
            upTo = start - 1;
        }

        foreach (Action line in lines.Skip(Math.Max(0, lines.Count - count)))
            line();
        return end + 1;
    }

    private static List<Action> Window(Invocation invocation, OpenedSession session, EventFilter filter, long start, long end, int count)
    {
        var decoder = new SegmentDecoder();
        var found = new Queue<Action>();
        foreach (LogRow row in session.Log.Read(session.Info.Id, start))
        {
            if (row.Version > end)
                break;
            if (!filter.MayMatch(RowHeader.Of(row)))
                continue;
            decoder.Decode(row);
            foreach (ref readonly Event e in decoder.Events)
            {
                if (!filter.Matches(e, decoder.Arena))
                    continue;
                Event copy = e with { E = e.PayloadLength == 0 ? e.E : 0 };
                byte[] payload = e.Payload(decoder.Arena).ToArray();
                found.Enqueue(() => EventLine.Write(invocation, copy, payload));
                if (found.Count > count)
                    found.Dequeue();
            }
        }

        return [.. found];
    }
}
