using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ReplayVmm.Store;

/// <summary>
/// The identity of an event row, which is also its seal: a hash of everything that stands in the row and does not follow from something
/// else, so that damage to any column shows in that very row. Nobody signs it, and whoever can compute it can forge it: what was signed
/// is the chain over the rows' bytes. <c>docs/formats.md</c> has it byte by byte.
/// </summary>
internal static class RowSeal
{
    /// <summary>What Marten writes into <c>tenant_id</c> where nobody asks for tenants.</summary>
    public const string Tenant = "*DEFAULT*";

    /// <summary>Bytes that are hashed before the names: session, version, sequence, timestamp, hash of the binary.</summary>
    private const int FixedSize = 16 + (3 * 8) + SHA256.HashSizeInBytes;

    /// <summary>PostgreSQL counts from here, in microseconds.</summary>
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The seal of a row.</summary>
    /// <param name="session">Its stream.</param>
    /// <param name="version">Its place in the stream.</param>
    /// <param name="sequence">Its <c>seq_id</c>.</param>
    /// <param name="microseconds">Its timestamp; see <see cref="Microseconds"/>.</param>
    /// <param name="type">Its type; with the type follows <c>mt_dotnet_type</c>, so that is compared, not hashed.</param>
    /// <param name="binary">Its <c>bdata</c>.</param>
    /// <returns>A version 8 UUID.</returns>
    public static Guid Of(Guid session, long version, long sequence, long microseconds, string type, ReadOnlySpan<byte> binary)
    {
        byte[] sealedBytes = new byte[FixedSize + Encoding.UTF8.GetByteCount(type)];
        session.TryWriteBytes(sealedBytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(sealedBytes.AsSpan(16), version);
        BinaryPrimitives.WriteInt64BigEndian(sealedBytes.AsSpan(24), sequence);
        BinaryPrimitives.WriteInt64BigEndian(sealedBytes.AsSpan(32), microseconds);
        SHA256.HashData(binary, sealedBytes.AsSpan(40));
        Encoding.UTF8.GetBytes(type, sealedBytes.AsSpan(FixedSize));
        return Uuid(sealedBytes);
    }

    /// <summary>
    /// What rows of databases that were written before rows were sealed have for an identity: a hash of their place alone.
    /// </summary>
    public static Guid OfPlace(Guid session, long version)
    {
        Span<byte> place = stackalloc byte[24];
        session.TryWriteBytes(place, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(place[16..], version);
        return Uuid(place);
    }

    /// <summary>A timestamp as PostgreSQL keeps it: microseconds since 2000, those before it negative.</summary>
    public static long Microseconds(DateTimeOffset time) => (time - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static Guid Uuid(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
