namespace ReplayVmm.Devices;

/// <content>The registers (virtio 1.2, section 4.2.2).</content>
public abstract partial class VirtioDevice
{
    private const uint Magic = 0x7472_6976, ModernVersion = 2;

    /// <summary>The vendor identifier: "RVMM" read as a little-endian number.</summary>
    public const uint Vendor = 0x4D4D_5652;

    /// <inheritdoc/>
    public ulong ReadMemory(ulong offset, int size)
    {
        if (offset >= VirtioRegister.Configuration)
            return ReadConfiguration(offset - VirtioRegister.Configuration, size);
        // Registers are 32 bits wide and nothing else (section 4.2.2.2).
        return size == 4 && offset % 4 == 0 ? ReadRegister(offset) : 0;
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, int size, ulong value)
    {
        // No kind here has a configuration that the driver can write.
        if (offset < VirtioRegister.Configuration && size == 4 && offset % 4 == 0)
            WriteRegister(offset, (uint)value);
    }

    private ulong ReadConfiguration(ulong offset, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size && offset + (ulong)i < (ulong)configuration.Length; i++)
            value |= (ulong)configuration[offset + (ulong)i] << (8 * i);
        return value;
    }

    private uint ReadRegister(ulong offset) => offset switch
    {
        VirtioRegister.MagicValue => Magic,
        VirtioRegister.Version => ModernVersion,
        VirtioRegister.DeviceId => deviceId,
        VirtioRegister.VendorId => Vendor,
        VirtioRegister.DeviceFeatures => Half(features, state.DeviceFeaturesSelect),
        VirtioRegister.QueueSizeMax => state.QueueSelect < queues ? (uint)LargestQueue : 0,
        VirtioRegister.QueueReady => state.QueueSelect < queues ? state.Queues[(int)state.QueueSelect].Ready : 0u,
        VirtioRegister.InterruptStatus => state.InterruptStatus,
        VirtioRegister.Status => state.Status,
        // No shared memory region: a length and a base of all ones (section 4.2.2.1).
        >= VirtioRegister.SharedMemoryLengthLow and <= VirtioRegister.SharedMemoryBaseHigh => uint.MaxValue,
        // The configuration never changes, so neither does its generation; write-only registers read 0 as well.
        _ => 0,
    };

    private void WriteRegister(ulong offset, uint value)
    {
        switch (offset)
        {
            case VirtioRegister.DeviceFeaturesSelect:
                state.DeviceFeaturesSelect = value;
                break;
            case VirtioRegister.DriverFeaturesSelect:
                state.DriverFeaturesSelect = value;
                break;
            case VirtioRegister.DriverFeatures:
                WriteDriverFeatures(value);
                break;
            case VirtioRegister.QueueSelect:
                state.QueueSelect = value;
                break;
            case VirtioRegister.QueueNotify:
                if (value < queues)
                    Start((int)value);
                break;
            case VirtioRegister.InterruptAcknowledge:
                state.InterruptStatus &= (byte)~value;
                UpdateLine();
                break;
            case VirtioRegister.Status:
                WriteStatus(value);
                break;
            default:
                if (state.QueueSelect < queues)
                    WriteQueue(ref state.Queues[(int)state.QueueSelect], offset, value);
                break;
        }
    }

    private void WriteDriverFeatures(uint value)
    {
        if ((Status & VirtioStatus.FeaturesOk) != 0)
            return;
        if (state.DriverFeaturesSelect == 0)
            state.DriverFeatures = (state.DriverFeatures & ~(ulong)uint.MaxValue) | value;
        else if (state.DriverFeaturesSelect == 1)
            state.DriverFeatures = (uint)state.DriverFeatures | ((ulong)value << 32);
        else if (value != 0)
            state.DriverFeatures |= UnknownFeature;
    }

    /// <summary>Stands for any feature above bit 63, none of which is offered.</summary>
    private const ulong UnknownFeature = 1ul << 63;

    /// <summary>
    /// A driver adds bits step by step and takes none back but by writing 0 (section 2.1.1). FEATURES_OK sticks only where its choice can be served,
    /// and DRIVER_OK only after that.
    /// </summary>
    private void WriteStatus(uint value)
    {
        if (value == 0)
        {
            Reset();
            return;
        }

        VirtioStatus added = (VirtioStatus)value & DriverBits & ~Status;
        if ((added & VirtioStatus.FeaturesOk) != 0 && !AcceptsFeatures)
            added &= ~VirtioStatus.FeaturesOk;
        if (((Status | added) & VirtioStatus.FeaturesOk) == 0)
            added &= ~VirtioStatus.DriverOk;
        state.Status |= (byte)added;
        if ((added & VirtioStatus.Failed) != 0)
            Idle();
        // A driver may have filled its queues before it was ready.
        for (int i = 0; i < queues && (added & VirtioStatus.DriverOk) != 0; i++)
            Start(i);
    }

    private bool AcceptsFeatures => (state.DriverFeatures & ~features) == 0 && (state.DriverFeatures & VirtioFeatures.Version1) != 0;

    private void WriteQueue(ref VirtqueueState queue, ulong offset, uint value)
    {
        if (offset == VirtioRegister.QueueReady)
        {
            WriteReady(ref queue, value);
            return;
        }

        // A queue in use stays as it is (section 4.2.2.2).
        if (queue.Ready != 0)
            return;
        switch (offset)
        {
            case VirtioRegister.QueueSize:
                queue.Size = value;
                break;
            case VirtioRegister.QueueDescriptorsLow or VirtioRegister.QueueDescriptorsHigh:
                WriteHalf(ref queue.Descriptors, offset == VirtioRegister.QueueDescriptorsHigh, value);
                break;
            case VirtioRegister.QueueDriverLow or VirtioRegister.QueueDriverHigh:
                WriteHalf(ref queue.Driver, offset == VirtioRegister.QueueDriverHigh, value);
                break;
            case VirtioRegister.QueueDeviceLow or VirtioRegister.QueueDeviceHigh:
                WriteHalf(ref queue.Device, offset == VirtioRegister.QueueDeviceHigh, value);
                break;
        }
    }

    /// <summary>Bit 0 starts the queue from its beginning, or stops it; what was in work is dropped then.</summary>
    private void WriteReady(ref VirtqueueState queue, uint value)
    {
        bool ready = (value & 1) != 0;
        if (ready == (queue.Ready != 0))
            return;
        (queue.DueAt, queue.NextAvailable, queue.NextUsed, queue.Head) = (VirtqueueState.Idle, 0, 0, 0);
        queue.Ready = ready ? (byte)1 : (byte)0;
        if (ready && !queue.IsSound(LargestQueue))
            Fail();
    }

    private static void WriteHalf(ref ulong whole, bool high, uint value) =>
        whole = high ? (uint)whole | ((ulong)value << 32) : (whole & ~(ulong)uint.MaxValue) | value;

    private static uint Half(ulong value, uint select) => select switch
    {
        0 => (uint)value,
        1 => (uint)(value >> 32),
        _ => 0,
    };
}
