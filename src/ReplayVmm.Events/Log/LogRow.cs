namespace ReplayVmm.Events;

/// <summary>
/// One row of a session's stream as it is stored: a segment of events, or one low-rate session event. The bytes of
/// <see cref="Binary"/> are what the chain of hashes covers; <see cref="HeaderJson"/> is the copy of its header that SQL can see.
/// </summary>
/// <param name="Version">Place in the stream, 1 for the first row.</param>
/// <param name="Type">Snake case type name: <c>segment</c>, or the kind's own name.</param>
/// <param name="Binary">The row in MessagePack: header and events.</param>
/// <param name="HeaderJson">The header as a JSON object, PascalCase.</param>
public sealed record LogRow(long Version, string Type, ReadOnlyMemory<byte> Binary, string HeaderJson)
{
    /// <summary>
    /// What is wrong with how the log keeps the row, one line; null where nothing is or nobody looked. <see cref="Binary"/> is empty where it
    /// cannot be handed out. Only <see cref="IEventLog.ReadToVerify"/> sets it.
    /// </summary>
    public string? Damage { get; init; }
}

/// <summary>A session as the log's index lists it.</summary>
/// <param name="Id">Identity of its stream.</param>
/// <param name="Name">The name it was recorded under; unique in a log.</param>
/// <param name="Version">Version of the last row appended.</param>
/// <param name="Created">When it was created, UTC.</param>
/// <param name="Ended">True once its last row says that it ended.</param>
/// <param name="BeingRecorded">True while a recorder holds it.</param>
/// <param name="Events">Number of events appended.</param>
/// <param name="Bytes">Sum of the rows' binary sizes as stored by us, before PostgreSQL's own overhead.</param>
public sealed record SessionInfo(
    Guid Id, string Name, long Version, DateTimeOffset Created, bool Ended, bool BeingRecorded, long Events, long Bytes);

/// <summary>A signature over the chain's head at a row: ECDSA P-256 over SHA-256, IEEE P1363 format.</summary>
/// <param name="Version">The row whose head is signed.</param>
/// <param name="Head">The chain's link at that row: 32 bytes.</param>
/// <param name="Signature">64 bytes.</param>
/// <param name="PublicKey">The signer's SubjectPublicKeyInfo, DER.</param>
public sealed record HeadSignature(long Version, byte[] Head, byte[] Signature, byte[] PublicKey);
