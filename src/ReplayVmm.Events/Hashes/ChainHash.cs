using System.Security.Cryptography;

namespace ReplayVmm.Events;

/// <summary>
/// The chain over a session's rows: each link is SHA-256 over the link before it and the row's binary as stored; the link before the
/// first row is 32 zero bytes. It proves that what is stored was not changed.
/// </summary>
public sealed class ChainHash : IDisposable
{
    /// <summary>Bytes of a link.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] link = new byte[Size];

    /// <summary>The link at the last row appended; 32 zero bytes before the first.</summary>
    public ReadOnlySpan<byte> Link => link;

    /// <summary>Makes <paramref name="binary"/> the next link.</summary>
    public void Append(ReadOnlySpan<byte> binary)
    {
        sha.AppendData(link);
        sha.AppendData(binary);
        sha.GetHashAndReset(link);
    }

    /// <summary>Goes on from <paramref name="newLink"/>, 32 bytes.</summary>
    public void Reset(ReadOnlySpan<byte> newLink) => newLink.CopyTo(link);

    /// <inheritdoc/>
    public void Dispose() => sha.Dispose();
}
