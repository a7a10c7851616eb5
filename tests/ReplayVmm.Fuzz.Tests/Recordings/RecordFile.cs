using System.Buffers.Binary;
using System.Security.Cryptography;
using ReplayVmm.Events;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>A recording file in pieces: whoever forges one puts the checksums and the hash at the end right again.</summary>
internal sealed class RecordFile
{
    private readonly byte[] preamble;

    private RecordFile(byte[] preamble) => this.preamble = preamble;

    /// <summary>Type and payload of each record.</summary>
    public List<(uint Type, byte[] Payload)> Records { get; } = [];

    /// <summary>Takes a file apart that is right.</summary>
    public static RecordFile Split(byte[] file)
    {
        var result = new RecordFile(file[..RecordingFormat.PreambleSize]);
        for (int at = RecordingFormat.PreambleSize; at < file.Length;)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            result.Records.Add((type, file.AsSpan(at + RecordingFormat.HeadSize, length).ToArray()));
            at += RecordingFormat.HeadSize + length + RecordingFormat.ChecksumSize;
        }

        return result;
    }

    /// <summary>The file, with checksums that are right; the end's hash too, where the end is as long as it should be.</summary>
    public byte[] Join()
    {
        using var file = new MemoryStream();
        file.Write(preamble);
        Span<byte> head = stackalloc byte[RecordingFormat.HeadSize];
        foreach ((uint type, byte[] payload) in Records)
        {
            if (type == (uint)RecordType.End && payload.Length >= SHA256.HashSizeInBytes)
                SHA256.HashData(file.ToArray()).CopyTo(payload, payload.Length - SHA256.HashSizeInBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(head, type);
            BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)payload.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(head[8..], RecordingFormat.Checksum(head[..8]));
            file.Write(head);
            file.Write(payload);
            BinaryPrimitives.WriteUInt32LittleEndian(head, RecordingFormat.Checksum(payload));
            file.Write(head[..RecordingFormat.ChecksumSize]);
        }

        return file.ToArray();
    }
}
