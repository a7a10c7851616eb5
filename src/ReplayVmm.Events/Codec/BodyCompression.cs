namespace ReplayVmm.Events;

/// <summary>How the body of a row is compressed. Numbers are append-only.</summary>
public enum BodyCompression : byte
{
    /// <summary>Not at all.</summary>
    None = 0,
    /// <summary>Brotli (RFC 7932).</summary>
    Brotli = 1,
}
