namespace ReplayVmm.Processor;

/// <summary>Rights of a second-level mapping (SDM 29.3.2).</summary>
[Flags]
public enum MappingRights : byte
{
    /// <summary>Not mapped: an access is an EPT violation.</summary>
    None = 0,
    /// <summary>Loads and instruction fetches.</summary>
    Read = 1,
    /// <summary>Stores.</summary>
    Write = 2,
}

/// <summary>
/// Guest-physical memory as the processor sees it: the second-level mapping from guest frames to host memory. The hypervisor's memslots
/// decide what is mapped. It also knows which pages were written (for digests, checkpoints, dirty logs) and which hold decoded code.
/// </summary>
public interface IPhysicalMemory
{
    /// <summary>Maps <paramref name="length"/> bytes (whole pages) at guest-physical <paramref name="address"/> to host memory.</summary>
    unsafe void Map(ulong address, ulong length, byte* host, MappingRights rights);

    /// <summary>Removes mappings; an access is an EPT violation again.</summary>
    void Unmap(ulong address, ulong length);

    /// <summary>Copies guest memory out, for the monitor's own reads.</summary>
    /// <returns>False where a byte is not mapped; nothing is promised about the rest then.</returns>
    bool TryRead(ulong address, Span<byte> destination);

    /// <summary>Copies into guest memory as a device or the monitor does: code that was decoded from there is dropped, pages count as written.</summary>
    /// <returns>False where a byte is not mapped.</returns>
    bool TryWrite(ulong address, ReadOnlySpan<byte> source);

    /// <summary>
    /// Calls <paramref name="visit"/> for each frame written since the last call, in ascending order, with its guest frame number and its
    /// 4,096 bytes, and forgets that they were written.
    /// </summary>
    void VisitWrittenPages(WrittenPageVisitor visit);
}

/// <summary>Sees one written page.</summary>
/// <param name="frame">Guest frame number: guest-physical address / 4,096.</param>
/// <param name="bytes">The page, 4,096 bytes.</param>
public delegate void WrittenPageVisitor(ulong frame, ReadOnlySpan<byte> bytes);
