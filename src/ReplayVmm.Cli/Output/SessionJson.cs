using System.Text.Json;
using ReplayVmm.Events;

namespace ReplayVmm.Cli;

/// <summary>A session for programs.</summary>
internal static class SessionJson
{
    /// <summary>Writes the session as an object.</summary>
    public static void Write(Utf8JsonWriter writer, SessionInfo session)
    {
        writer.WriteStartObject();
        WriteMembers(writer, session);
        writer.WriteEndObject();
    }

    /// <summary>Writes the session's members into an object that was begun.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, SessionInfo session)
    {
        writer.WriteString("name"u8, session.Name);
        writer.WriteString("id"u8, session.Id);
        writer.WriteString("state"u8, ListCommand.State(session));
        writer.WriteString("created"u8, session.Created);
        writer.WriteNumber("rows"u8, session.Version);
        writer.WriteNumber("events"u8, session.Events);
        writer.WriteNumber("bytes"u8, session.Bytes);
    }
}
