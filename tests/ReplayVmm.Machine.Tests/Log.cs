using System.Text;
using ReplayVmm.Events;
using ReplayVmm.Hypervisor;

namespace ReplayVmm.Machine.Tests;

/// <summary>A sink that keeps everything and, where asked, folds as it goes.</summary>
internal sealed class Log : IEventSink
{
    public List<(Event Event, byte[] Payload)> Entries { get; } = [];
    public VmState Fold { get; } = new();

    /// <summary>Called after each batch, with the fold of all that came so far.</summary>
    public Action? Check { get; set; }

    /// <summary>From this many events on the sink asks to stop.</summary>
    public int Capacity { get; set; } = int.MaxValue;

    public IEnumerable<EventKind> Kinds => Entries.Select(e => e.Event.Kind);

    public bool Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        foreach (ref readonly Event e in events)
        {
            byte[] payload = e.Payload(arena).ToArray();
            Entries.Add((e with { E = payload.Length == 0 ? e.E : 0 }, payload));
            Fold.Apply(e, payload);
        }
        Check?.Invoke();
        return Entries.Count < Capacity;
    }

    public IEnumerable<(Event Event, byte[] Payload)> Of(EventKind kind) => Entries.Where(e => e.Event.Kind == kind);

    public string Printed => Encoding.Latin1.GetString([.. Of(EventKind.ConsoleOutput).SelectMany(e => e.Payload)]);

    /// <summary>Everything as text, one event a line, for comparisons that show where they differ.</summary>
    public string[] Lines => [.. Entries.Select(e => $"{e.Event} {Convert.ToHexString(e.Payload.AsSpan(0, Math.Min(64, e.Payload.Length)))}")];
}
