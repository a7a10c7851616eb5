using System.Buffers.Binary;
using System.Security.Cryptography;
using ReplayVmm.Devices;
using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>
/// The chain of state digests: SHA-256 over the previous digest, the processors, the devices and every page written since then, each with
/// its
/// frame number. Two runs with equal digests had equal states.
/// </summary>
internal sealed unsafe class StateHasher : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IPhysicalMemory memory;
    private readonly IVirtualProcessor[] processors;
    private readonly IDevice[] devices;
    private readonly byte[][] bulkyHashes;
    private readonly ulong?[] bulkyChanges;
    private readonly WrittenPageVisitor visit;
    private readonly byte[] digest = new byte[SHA256.HashSizeInBytes];
    private ulong pages;

    public StateHasher(IPhysicalMemory memory, IVirtualProcessor[] processors, IDevice[] devices)
    {
        (this.memory, this.processors, this.devices) = (memory, processors, devices);
        bulkyHashes = [.. devices.Select(device => device is IBulkyDevice ? new byte[SHA256.HashSizeInBytes] : [])];
        bulkyChanges = new ulong?[devices.Length];
        visit = Add;
    }

    /// <summary>The last digest, 32 bytes; zeros before the first.</summary>
    public ReadOnlySpan<byte> Digest => digest;

    /// <summary>Pages that the last digest covers.</summary>
    public ulong Pages => pages;

    /// <summary>Takes the next digest.</summary>
    // SAFETY: a processor's state is one unmanaged struct at a stable address.
    public void Next()
    {
        hash.AppendData(digest);
        foreach (IVirtualProcessor processor in processors)
        {
            hash.AppendData(new ReadOnlySpan<byte>(processor.State, sizeof(CpuState)));
            hash.AppendData(processor.TranslationState);
        }
        for (int i = 0; i < devices.Length; i++)
            hash.AppendData(devices[i] is IBulkyDevice bulky ? HashOf(bulky, i) : devices[i].State);
        pages = 0;
        memory.VisitWrittenPages(visit);
        hash.GetHashAndReset(digest);
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();

    /// <summary>The hash of the device's state: the same whether or not it had to be made anew.</summary>
    private byte[] HashOf(IBulkyDevice device, int index)
    {
        if (bulkyChanges[index] != device.Changes)
        {
            SHA256.HashData(device.State, bulkyHashes[index]);
            bulkyChanges[index] = device.Changes;
        }

        return bulkyHashes[index];
    }

    private void Add(ulong frame, ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, frame);
        hash.AppendData(number);
        hash.AppendData(bytes);
        pages++;
    }
}
