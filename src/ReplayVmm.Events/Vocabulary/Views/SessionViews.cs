namespace ReplayVmm.Events;

/// <summary>The first event of a recording; its payload is the manifest, a JSON document.</summary>
public readonly record struct SessionStarted()
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.SessionStarted"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static SessionStarted From(in Event e)
    {
        ViewOf.Expect(e, EventKind.SessionStarted);
        return new SessionStarted();
    }
}

/// <summary>
/// The last event of a recording. Its payload is 64 bytes: the digest of the final state, then the content hash of everything before
/// this event.
/// </summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="Code">The guest's exit code, where it gave one.</param>
/// <param name="Instructions">Instructions retired over all vCPUs.</param>
public readonly record struct SessionEnded(uint Reason, ulong Code, ulong Instructions)
{
    /// <summary>Bytes of the digest of the final state.</summary>
    public const int DigestSize = 32;

    /// <summary>Bytes of the whole payload.</summary>
    public const int PayloadSize = DigestSize + ContentHash.Size;

    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.SessionEnded"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static SessionEnded From(in Event e)
    {
        ViewOf.Expect(e, EventKind.SessionEnded);
        return new SessionEnded((uint)e.A, e.B, e.C);
    }

    /// <summary>The digest of the final state in <paramref name="payload"/>, 32 bytes; empty where there is none.</summary>
    public static ReadOnlySpan<byte> FinalDigest(ReadOnlySpan<byte> payload) =>
        payload.Length >= DigestSize ? payload[..DigestSize] : default;

    /// <summary>The content hash in <paramref name="payload"/>, 32 bytes; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> payload) =>
        payload.Length == PayloadSize ? payload[DigestSize..] : default;
}

/// <summary>A hash of the processors' state and of the pages written since the previous digest; it is the payload, 32 bytes.</summary>
/// <param name="Instructions">Instructions retired so far, over all vCPUs.</param>
/// <param name="Pages">Pages that were written since the previous digest.</param>
public readonly record struct StateDigest(ulong Instructions, ulong Pages)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.StateDigest"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static StateDigest From(in Event e)
    {
        ViewOf.Expect(e, EventKind.StateDigest);
        return new StateDigest(e.A, e.B);
    }
}

/// <summary>A full machine state was saved beside the log; its digest is the payload, 32 bytes.</summary>
/// <param name="Number">The checkpoint's number within the session.</param>
public readonly record struct CheckpointTaken(ulong Number)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.CheckpointTaken"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static CheckpointTaken From(in Event e)
    {
        ViewOf.Expect(e, EventKind.CheckpointTaken);
        return new CheckpointTaken(e.A);
    }
}

/// <summary>The operator did something that the guest can notice; details are the payload, a JSON document.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Argument1">First argument.</param>
/// <param name="Argument2">Second argument.</param>
public readonly record struct OperatorAction(uint Action, ulong Argument1, ulong Argument2)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.OperatorAction"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static OperatorAction From(in Event e)
    {
        ViewOf.Expect(e, EventKind.OperatorAction);
        return new OperatorAction((uint)e.A, e.B, e.C);
    }
}
