namespace ReplayVmm.Events;

/// <summary>The session that a recording file holds.</summary>
/// <param name="Id">Identity of its stream.</param>
/// <param name="Name">The name it was recorded under, at most 1,024 bytes of UTF-8.</param>
/// <param name="Created">When it was created, UTC.</param>
public sealed record RecordingSession(Guid Id, string Name, DateTimeOffset Created);
