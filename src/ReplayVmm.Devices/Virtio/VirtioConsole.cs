namespace ReplayVmm.Devices;

/// <summary>
/// A virtio console with a single port (virtio 1.2, section 5.3): queue 0 takes what is typed, queue 1 what the guest prints. Typed bytes wait
/// in the device until the driver gives it a buffer.
/// </summary>
public sealed class VirtioConsole : VirtioDevice, IConsoleDevice
{
    private const uint KindConsole = 3;
    private const int ReceiveQueue = 0, LargestPrint = 1 << 16, Piece = 256;
    private const ulong Latency = 1000, PerByte = 100;

    private readonly IConsoleSink sink;
    private readonly byte[] piece = new byte[Piece];

    /// <summary>A console that prints into <paramref name="sink"/>.</summary>
    public VirtioConsole(IConsoleSink sink, VirtioWiring wiring)
        : base("virtio-console", KindConsole, features: 0, queues: 2, configuration: [], wiring) => this.sink = sink;

    /// <summary>Free places for typed bytes; none before the driver is ready, so that they wait outside.</summary>
    public int ReceiveCapacity => Live ? VirtioConsoleState.Capacity - Waiting : 0;

    private int Waiting => Math.Min(Own<VirtioConsoleState>().Count, (byte)VirtioConsoleState.Capacity);

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        ref VirtioConsoleState own = ref Own<VirtioConsoleState>();
        int count = Math.Min(bytes.Length, ReceiveCapacity), waiting = Waiting;
        for (int i = 0; i < count; i++)
            own.Typed[waiting + i] = bytes[i];
        own.Count = (byte)(waiting + count);
        Start(ReceiveQueue);
    }

    private protected override void ResetOwn() => Own<VirtioConsoleState>() = default;

    private protected override bool Wants(int queue) => queue != ReceiveQueue || Waiting > 0;

    private protected override ulong CostOf(int queue, DescriptorChain request) =>
        Latency + (PerByte * (ulong)(queue == ReceiveQueue ? Waiting : Math.Min(request.Readable, LargestPrint)));

    private protected override bool Serve(int queue, DescriptorChain request, out uint written)
    {
        written = 0;
        return queue == ReceiveQueue ? Fill(request, out written) : Print(request);
    }

    /// <summary>A buffer for typed bytes must be writable and hold at least one (section 5.3.6.1).</summary>
    private bool Fill(DescriptorChain request, out uint written)
    {
        ref VirtioConsoleState own = ref Own<VirtioConsoleState>();
        int waiting = Waiting, count = (int)Math.Min(waiting, request.Writes);
        written = (uint)count;
        Span<byte> typed = own.Typed;
        if (request.Readable != 0 || request.Writes == 0 || !request.TryWrite(0, typed[..count]))
            return false;
        typed[count..waiting].CopyTo(typed);
        typed[(waiting - count)..].Clear();
        own.Count = (byte)(waiting - count);
        return true;
    }

    /// <summary>A driver must not put a writable buffer here (section 5.3.6.1); one longer than any driver's is refused too.</summary>
    private bool Print(DescriptorChain request)
    {
        if (request.Writes != 0 || request.Readable > LargestPrint)
            return false;
        for (long at = 0; at < request.Readable; at += Piece)
        {
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(Piece, request.Readable - at));
            if (!request.TryRead(at, bytes))
                return false;
            foreach (byte value in bytes)
                sink.Write(value);
        }

        return true;
    }
}
