using System.Buffers.Binary;

namespace ReplayVmm.Devices;

/// <summary>
/// A virtio entropy device (virtio 1.2, section 5.4). It fills at most 64 bytes of a buffer, as it may, so that a guest with gigabytes of
/// buffers neither holds the machine nor fills the log.
/// </summary>
public sealed class VirtioEntropy : VirtioDevice
{
    /// <summary>Bytes that one buffer is given at most.</summary>
    public const int LargestDraw = 64;

    private const uint KindEntropy = 4;
    private const ulong Latency = 10_000;

    private readonly IEntropyDoor door;

    /// <summary>An entropy device that draws from <paramref name="door"/>.</summary>
    public VirtioEntropy(IEntropyDoor door, VirtioWiring wiring)
        : base("virtio-rng", KindEntropy, features: 0, queues: 1, configuration: [], wiring) => this.door = door;

    private protected override ulong CostOf(int queue, DescriptorChain request) => Latency;

    /// <summary>Buffers must be writable and hold at least one byte (section 5.4.6.1).</summary>
    private protected override bool Serve(int queue, DescriptorChain request, out uint written)
    {
        written = 0;
        if (request.Readable != 0 || request.Writes == 0)
            return false;
        Span<byte> bytes = stackalloc byte[LargestDraw];
        int count = (int)Math.Min(LargestDraw, request.Writes);
        for (int at = 0; at < count; at += sizeof(ulong))
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], door.Draw(Math.Min(sizeof(ulong), count - at)));
        written = (uint)count;
        return request.TryWrite(0, bytes[..count]);
    }
}
