using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ReplayVmm.Events;

/// <summary>
/// A running SHA-256 over what happened, independent of how it was cut into rows, compressed or stored. It covers input, guest and
/// operator events, except <see cref="EventKind.SessionEnded"/>, which carries it. Two runs of the same manifest with the same
/// inputs have the same content.
/// </summary>
/// <remarks>
/// Canonical form of an event, little-endian, 64 bytes and then its payload: kind (2 bytes), machine (1), vCPU (1), payload length
/// (4), position (8), virtual time (8), operands A to E (8 each; E is 0 where there is a payload).
/// </remarks>
public sealed class ContentHash : IDisposable
{
    /// <summary>Bytes of the hash.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    private const int EnvelopeSize = 64;

    private readonly IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] staged = new byte[1 << 16];
    private int length;

    /// <summary>Covers <paramref name="events"/>; those whose class does not count are left out.</summary>
    public void Append(ReadOnlySpan<Event> events, ReadOnlySpan<byte> arena)
    {
        foreach (ref readonly Event e in events)
            Append(e, e.Payload(arena));
    }

    /// <summary>Covers one event and its payload, or leaves it out if its class does not count.</summary>
    public void Append(in Event e, ReadOnlySpan<byte> payload)
    {
        if (!EventSchema.CountsPosition(e.Kind) || e.Kind == EventKind.SessionEnded)
            return;
        if (length > staged.Length - EnvelopeSize)
            Drain();
        Span<byte> envelope = staged.AsSpan(length, EnvelopeSize);
        uint tag = (uint)e.Kind | ((uint)e.Vm << 16) | ((uint)e.Vcpu << 24);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope, tag | ((ulong)(uint)payload.Length << 32));
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[8..], e.Position);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[16..], e.VirtualTime);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[24..], e.A);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[32..], e.B);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[40..], e.C);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[48..], e.D);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[56..], payload.IsEmpty ? e.E : 0);
        length += EnvelopeSize;
        if (!payload.IsEmpty)
            AppendPayload(payload);
    }

    /// <summary>Writes the hash of everything covered so far, 32 bytes; covering goes on.</summary>
    public void CopyTo(Span<byte> hash)
    {
        Drain();
        sha.GetCurrentHash(hash);
    }

    /// <inheritdoc/>
    public void Dispose() => sha.Dispose();

    private void AppendPayload(ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= staged.Length - length)
        {
            payload.CopyTo(staged.AsSpan(length));
            length += payload.Length;
            return;
        }

        Drain();
        sha.AppendData(payload);
    }

    private void Drain()
    {
        sha.AppendData(staged.AsSpan(0, length));
        length = 0;
    }
}
