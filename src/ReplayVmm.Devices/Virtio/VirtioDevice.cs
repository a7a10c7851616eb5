using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>
/// A device behind the virtio MMIO transport, version 2 (virtio 1.2, section 4.2). What is common to all kinds is here: registers, feature
/// negotiation, status, queues and the interrupt. A queue's chains are served one after the other, each at the virtual time that its work
/// takes; a driver that breaks the rules finds DEVICE_NEEDS_RESET set.
/// </summary>
public abstract partial class VirtioDevice : IMmioDevice, ITimedDevice
{
    /// <summary>Bytes of registers and configuration that a machine gives each device.</summary>
    public const ulong WindowLength = 0x1000;

    /// <summary>Entries of a queue at most; a power of two.</summary>
    public const int LargestQueue = 128;

    private const byte UsedBuffer = 1, ConfigurationChange = 2;
    private const VirtioStatus DriverBits = VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.DriverOk | VirtioStatus.FeaturesOk | VirtioStatus.Failed;

    private readonly uint deviceId;
    private readonly ulong features;
    private readonly int queues;
    private readonly IInterruptLine line;
    private readonly IGuestMemory memory;
    private readonly byte[] configuration;
    private readonly DescriptorChain chain = new(LargestQueue);
    private VirtioState state;

    /// <summary>A device after reset.</summary>
    /// <param name="name">Name in the machine.</param>
    /// <param name="deviceId">Number of its kind (virtio 1.2, section 5).</param>
    /// <param name="features">Features that it offers besides VIRTIO_F_VERSION_1.</param>
    /// <param name="queues">1 or 2.</param>
    /// <param name="configuration">Its configuration, which never changes; beyond it zeros are read.</param>
    /// <param name="wiring">What it is connected to.</param>
    private protected VirtioDevice(string name, uint deviceId, ulong features, int queues, byte[] configuration, VirtioWiring wiring)
    {
        Name = name;
        this.deviceId = deviceId;
        this.features = features | VirtioFeatures.Version1;
        this.queues = queues;
        this.configuration = configuration;
        (Clock, line, memory) = (wiring.Clock, wiring.Line, wiring.Memory);
        Idle();
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>The device status field.</summary>
    public VirtioStatus Status => (VirtioStatus)state.Status;

    /// <inheritdoc/>
    public ulong Deadline => Math.Min(state.Queues[0].DueAt, state.Queues[1].DueAt);

    /// <summary>Virtual time.</summary>
    private protected IVirtualClock Clock { get; }

    /// <summary>Whether the driver lets the device use its queues.</summary>
    private protected bool Live =>
        (Status & (VirtioStatus.DriverOk | VirtioStatus.NeedsReset | VirtioStatus.Failed)) == VirtioStatus.DriverOk;

    /// <summary>Reset by the driver, or by the machine.</summary>
    public void Reset()
    {
        VirtioOwnBytes own = state.Own;
        state = default;
        state.Own = own;
        Idle();
        ResetOwn();
        UpdateLine();
    }

    /// <inheritdoc/>
    public void Advance()
    {
        for (int i = 0; i < VirtqueueStates.Count; i++)
        {
            ref VirtqueueState queue = ref state.Queues[i];
            if (queue.DueAt > Clock.Now)
                continue;
            queue.DueAt = VirtqueueState.Idle;
            if (!CanWork(i))
                continue;
            if (!chain.Walk(queue, queue.Head, memory) || !Serve(i, chain, out uint written)
                || !SplitQueue.Give(ref queue, memory, queue.Head, written, out bool interrupt))
            {
                Fail();
                return;
            }

            if (interrupt)
                Interrupt(UsedBuffer);
            Start(i);
        }
    }

    /// <summary>The kind's own part of the state.</summary>
    private protected ref T Own<T>()
        where T : unmanaged => ref MemoryMarshal.AsRef<T>((Span<byte>)state.Own);

    /// <summary>Puts the kind's own part of the state back, as far as a reset does.</summary>
    private protected virtual void ResetOwn()
    {
        // Most kinds keep nothing that a reset concerns.
    }

    /// <summary>Whether the device has a use for a chain of <paramref name="queue"/> now.</summary>
    private protected virtual bool Wants(int queue) => true;

    /// <summary>Nanoseconds, at least 1, that the work on <paramref name="request"/> takes.</summary>
    private protected abstract ulong CostOf(int queue, DescriptorChain request);

    /// <summary>Does the work.</summary>
    /// <param name="queue">Which queue the chain came from.</param>
    /// <param name="request">The chain.</param>
    /// <param name="written">Bytes that were written into the writable part, from its first byte on without a gap.</param>
    /// <returns>False where the request breaks the rules of this kind of device so that it cannot even be answered.</returns>
    private protected abstract bool Serve(int queue, DescriptorChain request, out uint written);

    /// <summary>Begins with the next chain of <paramref name="index"/> where the device can and wants to.</summary>
    private protected void Start(int index)
    {
        ref VirtqueueState queue = ref state.Queues[index];
        if (queue.DueAt != VirtqueueState.Idle || !CanWork(index) || !Wants(index))
            return;
        TakeResult found = SplitQueue.Take(ref queue, memory, out ushort head);
        if (found == TakeResult.Empty)
            return;
        if (found == TakeResult.Broken || !chain.Walk(queue, head, memory))
        {
            Fail();
            return;
        }

        queue.Head = head;
        queue.DueAt = TickRate.After(Clock.Now, Clock.Now + CostOf(index, chain));
    }

    private bool CanWork(int index) =>
        Live && index < queues && state.Queues[index].Ready != 0 && state.Queues[index].IsSound(LargestQueue);

    private void Idle()
    {
        for (int i = 0; i < VirtqueueStates.Count; i++)
            state.Queues[i].DueAt = VirtqueueState.Idle;
    }

    /// <summary>The driver broke the rules (virtio 1.2, section 2.1.2): nothing goes on without a reset.</summary>
    private void Fail()
    {
        state.Status |= (byte)VirtioStatus.NeedsReset;
        Idle();
        if ((Status & VirtioStatus.DriverOk) != 0)
            Interrupt(ConfigurationChange);
    }

    private void Interrupt(byte cause)
    {
        state.InterruptStatus |= cause;
        UpdateLine();
    }

    private void UpdateLine() => line.Set(state.InterruptStatus != 0);
}
