using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Machine;

namespace ReplayVmm.Replay;

/// <summary>What a recording was started from: its manifest and what lay in memory before the first instruction.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Images">Memory contents, in the order and in the pieces in which they were recorded.</param>
public sealed record RecordedBoot(MachineManifest Manifest, IReadOnlyList<MemoryImage> Images)
{
    /// <summary>Reads the beginning of <paramref name="session"/>.</summary>
    /// <exception cref="LogException">It does not begin as a recording does.</exception>
    public static RecordedBoot Read(IEventLog log, SessionInfo session)
    {
        MachineManifest? manifest = null;
        var images = new List<MemoryImage>();
        ulong bytes = 0;
        var decoder = new SegmentDecoder();
        foreach (LogRow row in log.Read(session.Id))
        {
            if (row.Version > session.Version)
                break;
            decoder.Decode(row);
            foreach (ref readonly Event e in decoder.Events)
            {
                ReadOnlySpan<byte> payload = e.Payload(decoder.Arena);
                if (manifest is null)
                    manifest = ParseManifest(e, payload, session);
                else if (e.Kind is EventKind.VcpuCreated or EventKind.VcpuReset || e.VirtualTime > 0)
                    return new RecordedBoot(manifest, images);
                else if (e.Kind == EventKind.GuestMemoryWritten)
                    images.Add(Image(e, payload, manifest, ref bytes, session));
            }
        }

        return manifest is null
            ? throw Bad(session, "it holds no events yet, so there is nothing to replay")
            : new RecordedBoot(manifest, images);
    }

    /// <summary>Reads the manifest alone.</summary>
    /// <exception cref="LogException">It does not begin as a recording does.</exception>
    public static MachineManifest ReadManifest(IEventLog log, SessionInfo session)
    {
        var decoder = new SegmentDecoder();
        foreach (LogRow row in log.Read(session.Id))
        {
            decoder.Decode(row);
            return ParseManifest(decoder.Events[0], decoder.Events[0].Payload(decoder.Arena), session);
        }

        throw Bad(session, "it holds no events yet");
    }

    private static MemoryImage Image(in Event e, ReadOnlySpan<byte> payload, MachineManifest manifest, ref ulong bytes, SessionInfo session)
    {
        bytes += (ulong)payload.Length;
        if (bytes > manifest.MemoryBytes)
            throw Bad(session, $"it writes more into memory at first than the {manifest.MemoryBytes} bytes there are");
        return new MemoryImage(e.A, payload.ToArray());
    }

    private static MachineManifest ParseManifest(in Event e, ReadOnlySpan<byte> payload, SessionInfo session)
    {
        if (e.Kind != EventKind.SessionStarted)
            throw Bad(session, "it does not begin with its manifest");
        try
        {
            return ManifestJson.Parse(payload);
        }
        catch (JsonException x)
        {
            throw new LogException(LogTrouble.BadRecording, $"session '{session.Name}': the manifest is damaged: {x.Message}", x);
        }
    }

    private static LogException Bad(SessionInfo session, string problem) =>
        new(LogTrouble.BadRecording, $"session '{session.Name}': {problem}; replayvmm verify {session.Name} shows what is there");
}
