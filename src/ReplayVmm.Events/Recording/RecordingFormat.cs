using System.Numerics;
using System.Runtime.InteropServices;

namespace ReplayVmm.Events;

/// <summary>
/// The layout of a <c>.rvmm</c> file. A preamble of 12 bytes: the magic number, the version, three zero bytes. Then records, each a
/// head of 12 bytes (type, three zero bytes, length of the payload, CRC-32C of these eight bytes), the payload in MessagePack, and
/// the payload's CRC-32C; numbers are little-endian. First the session, then its rows in order, then signatures, then the end, whose
/// hash covers every byte before its record. Nothing follows.
/// </summary>
internal static class RecordingFormat
{
    /// <summary>Version that this program writes.</summary>
    public const byte Version = 1;

    public const int PreambleSize = 12;
    public const int HeadSize = 12;
    public const int ChecksumSize = 4;

    /// <summary>Most bytes of UTF-8 of a session's name.</summary>
    public const int MaxNameBytes = 1024;

    /// <summary>Most bytes of UTF-8 of the SQL copy of a header.</summary>
    public const int MaxHeaderJsonBytes = 1 << 16;

    /// <summary>Most bytes of UTF-8 of a row's type.</summary>
    public const int MaxTypeBytes = 512;

    /// <summary>Most bytes of a signer's public key.</summary>
    public const int MaxPublicKeyBytes = 1024;

    /// <summary>Most signatures in a file: a reader keeps them in memory.</summary>
    public const int MaxSignatures = 1 << 16;

    /// <summary>The first bytes: not text, and damaged by whatever takes them for text.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'R', (byte)'V', (byte)'M', (byte)'M', 0x0D, 0x0A, 0x1A];

    /// <summary>Most bytes of the payload of a record of <paramref name="type"/>.</summary>
    public static int LargestPayload(RecordType type) => type switch
    {
        RecordType.Row => SegmentLimits.MaxBinaryBytes + MaxHeaderJsonBytes + MaxTypeBytes + 64,
        RecordType.Session or RecordType.Signature => 4096,
        _ => 256,
    };

    /// <summary>CRC-32C (Castagnoli) of <paramref name="bytes"/>: finds every single flipped bit.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
