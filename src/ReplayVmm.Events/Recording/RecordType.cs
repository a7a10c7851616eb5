namespace ReplayVmm.Events;

/// <summary>What a record of a recording file is. Numbers are append-only.</summary>
internal enum RecordType : byte
{
    /// <summary>The session: <c>[id, name, created]</c>.</summary>
    Session = 1,
    /// <summary>A row: <c>[version, type, binary, header copy, or nil where it is the usual one]</c>.</summary>
    Row = 2,
    /// <summary>A signature: <c>[version, head, signature, public key]</c>.</summary>
    Signature = 3,
    /// <summary>The end: <c>[rows, signatures, SHA-256 of everything before]</c>.</summary>
    End = 4,
}
