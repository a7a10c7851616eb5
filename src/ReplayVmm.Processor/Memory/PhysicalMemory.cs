using System.Numerics;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// Guest-physical memory as a three-level tree: gigabytes, 2 MiB regions, and single frames where a region is not mapped as one piece. Its size follows what is
/// mapped piecemeal and written, not the size of the guest.
/// </summary>
// SAFETY: all nodes live in native memory owned here; frame numbers are checked against the address width before they index anything.
public sealed unsafe class PhysicalMemory : IPhysicalMemory, IDisposable
{
    private const int CodeArena = 48 << 20;
    private const int AddressBits = 46, RegionShift = 21, GigabyteShift = 30;
    private const ulong PageSize = 4096, RegionSize = 1ul << RegionShift, RightsMask = 3;
    private const int Gigabytes = 1 << (AddressBits - GigabyteShift), RegionsEach = 512, FramesEach = 512;

    private struct Region
    {
        /// <summary>Host address of the first frame, where the region is one piece.</summary>
        public byte* Host;
        /// <summary>Host address and rights of each frame, where it is not.</summary>
        public ulong* Frames;
        /// <summary>One bit a frame: written since the last visit.</summary>
        public ulong* Written;
        /// <summary>Rights of the one piece.</summary>
        public MappingRights Rights;
    }

    private readonly Region** _tree = (Region**)NativeMemory.AllocZeroed(Gigabytes, (nuint)sizeof(Region*));
    private readonly List<IMemoryObserver> _observers = [];
    private byte* _openBus;
    private int _used;

    /// <summary>Nothing is mapped.</summary>
    public PhysicalMemory()
        : this(CodeArena)
    {
    }

    /// <summary>As above, with room for <paramref name="codeArena"/> bytes of decoded code.</summary>
    internal PhysicalMemory(int codeArena) => Blocks = new BlockCache(codeArena);

    /// <summary>Decoded code of this memory, shared by its processors.</summary>
    internal BlockCache Blocks { get; }

    /// <summary>
    /// What a processor fetches where no memory answers: a page of all ones, as the undriven bus of a PC reads, so that executing there is #UD (FF FF).
    /// </summary>
    internal byte* OpenBus
    {
        get
        {
            if (_openBus == null)
            {
                _openBus = (byte*)NativeMemory.AlignedAlloc((nuint)PageSize, (nuint)PageSize);
                new Span<byte>(_openBus, (int)PageSize).Fill(0xFF);
            }
            return _openBus;
        }
    }

    /// <summary>Guest-physical addresses are below 2 to the power of this.</summary>
    public static int Width => AddressBits;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Not whole, aligned pages, or beyond <see cref="Width"/> bits.</exception>
    public void Map(ulong address, ulong length, byte* host, MappingRights rights)
    {
        CheckRange(address, length);
        if ((ulong)host % PageSize != 0 || host == null || (rights & MappingRights.Read) == 0)
            throw new ArgumentException("A mapping starts at a host page and can at least be read.", nameof(host));
        // Code may have been fetched where nothing was.
        bool replaced = _openBus != null;
        for (ulong end = address + length; address < end;)
        {
            Region* region = FindOrAddRegion(address);
            replaced |= Find(address, out _) != null;
            if (address % RegionSize == 0 && end - address >= RegionSize)
            {
                replaced |= region->Frames != null;
                DropFrames(region);
                region->Host = host;
                region->Rights = rights;
                address += RegionSize;
                host += RegionSize;
                continue;
            }
            Split(region);
            region->Frames[(address / PageSize) % FramesEach] = (ulong)host | (ulong)rights;
            address += PageSize;
            host += PageSize;
        }
        if (replaced)
            Announce();
    }

    /// <inheritdoc/>
    public void Unmap(ulong address, ulong length)
    {
        CheckRange(address, length);
        for (ulong end = address + length; address < end;)
        {
            Region* region = FindRegion(address);
            ulong next = (address + RegionSize) & ~(RegionSize - 1);
            if (region != null && address % RegionSize == 0 && end >= next)
            {
                DropFrames(region);
                region->Host = null;
                region->Rights = MappingRights.None;
            }
            else if (region != null)
            {
                Split(region);
                for (ulong at = address; at < Math.Min(end, next); at += PageSize)
                    region->Frames[(at / PageSize) % FramesEach] = 0;
            }
            address = next;
        }
        Announce();
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            byte* page = Find(address, out _);
            if (page == null)
                return false;
            int count = (int)Math.Min((ulong)destination.Length, PageSize - (address % PageSize));
            new ReadOnlySpan<byte>(page + (address % PageSize), count).CopyTo(destination);
            destination = destination[count..];
            address += (uint)count;
        }
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            byte* page = Find(address, out _);
            if (page == null)
                return false;
            int count = (int)Math.Min((ulong)source.Length, PageSize - (address % PageSize));
            MarkWritten(address);
            source[..count].CopyTo(new Span<byte>(page + (address % PageSize), count));
            Blocks.Written(page + (address % PageSize), count);
            source = source[count..];
            address += (uint)count;
        }
        return true;
    }

    /// <inheritdoc/>
    public void VisitWrittenPages(WrittenPageVisitor visit)
    {
        foreach (IMemoryObserver observer in _observers)
            observer.WritesForgotten();
        for (int gigabyte = 0; gigabyte < _used; gigabyte++)
        {
            for (int r = 0; _tree[gigabyte] != null && r < RegionsEach; r++)
            {
                if (_tree[gigabyte][r].Written != null)
                    VisitRegion(&_tree[gigabyte][r], ((ulong)gigabyte << (GigabyteShift - 12)) | ((ulong)r << (RegionShift - 12)), visit);
            }
        }
    }

    /// <summary>The host page of a guest-physical address and what may be done with it; null where none is mapped.</summary>
    internal byte* Find(ulong address, out MappingRights rights)
    {
        Region* region = FindRegion(address);
        if (region == null)
        {
            rights = MappingRights.None;
            return null;
        }
        if (region->Frames != null)
        {
            ulong frame = region->Frames[(address / PageSize) % FramesEach];
            rights = (MappingRights)(frame & RightsMask);
            return (byte*)(frame & ~RightsMask);
        }
        rights = region->Rights;
        return region->Host == null ? null : region->Host + (address & (RegionSize - PageSize));
    }

    /// <summary>Notes that the frame of <paramref name="address"/>, which is mapped, was stored to.</summary>
    internal void MarkWritten(ulong address)
    {
        Region* region = FindRegion(address);
        if (region->Written == null)
            region->Written = (ulong*)NativeMemory.AllocZeroed(FramesEach / 8);
        int frame = (int)((address / PageSize) % FramesEach);
        region->Written[frame >> 6] |= 1ul << (frame & 63);
    }

    /// <summary>Has <paramref name="observer"/> told of what makes its derived translations wrong.</summary>
    internal void Attach(IMemoryObserver observer) => _observers.Add(observer);

    /// <summary>The end of <see cref="Attach"/>.</summary>
    internal void Detach(IMemoryObserver observer) => _observers.Remove(observer);

    /// <summary>Takes write access to a host page out of the fast translations: it holds decoded code from now on.</summary>
    internal void ProtectCode(byte* hostPage)
    {
        foreach (IMemoryObserver observer in _observers)
            observer.CodeAppeared(hostPage);
    }

    /// <summary>Forgets all decoded code.</summary>
    internal void DropCode()
    {
        Blocks.Clear();
        foreach (IMemoryObserver observer in _observers)
            observer.BlocksDropped();
    }

    /// <summary>Frees the tree and the decoded code; the mapped host memory is not its own.</summary>
    public void Dispose()
    {
        for (int gigabyte = 0; gigabyte < Gigabytes && _used != 0; gigabyte++)
        {
            for (int r = 0; _tree[gigabyte] != null && r < RegionsEach; r++)
            {
                NativeMemory.Free(_tree[gigabyte][r].Frames);
                NativeMemory.Free(_tree[gigabyte][r].Written);
            }
            NativeMemory.Free(_tree[gigabyte]);
            _tree[gigabyte] = null;
        }
        NativeMemory.Free(_tree);
        NativeMemory.AlignedFree(_openBus);
        _openBus = null;
        _used = 0;
        Blocks.Dispose();
    }

    private void VisitRegion(Region* region, ulong firstFrame, WrittenPageVisitor visit)
    {
        for (int word = 0; word < FramesEach / 64; word++)
        {
            ulong bits = region->Written[word];
            region->Written[word] = 0;
            for (; bits != 0; bits &= bits - 1)
            {
                ulong frame = firstFrame + (ulong)((word * 64) + BitOperations.TrailingZeroCount(bits));
                byte* page = Find(frame * PageSize, out _);
                if (page != null)
                    visit(frame, new ReadOnlySpan<byte>(page, (int)PageSize));
            }
        }
    }

    private Region* FindRegion(ulong address)
    {
        ulong gigabyte = address >> GigabyteShift;
        if (gigabyte >= Gigabytes || _tree[gigabyte] == null)
            return null;
        return _tree[gigabyte] + ((address >> RegionShift) % RegionsEach);
    }

    private Region* FindOrAddRegion(ulong address)
    {
        int gigabyte = (int)(address >> GigabyteShift);
        if (_tree[gigabyte] == null)
        {
            _tree[gigabyte] = (Region*)NativeMemory.AllocZeroed(RegionsEach, (nuint)sizeof(Region));
            _used = Math.Max(_used, gigabyte + 1);
        }
        return _tree[gigabyte] + ((address >> RegionShift) % RegionsEach);
    }

    private static void Split(Region* region)
    {
        if (region->Frames != null)
            return;
        region->Frames = (ulong*)NativeMemory.AllocZeroed(FramesEach, sizeof(ulong));
        for (int frame = 0; region->Host != null && frame < FramesEach; frame++)
            region->Frames[frame] = ((ulong)region->Host + ((ulong)frame * PageSize)) | (ulong)region->Rights;
        region->Host = null;
    }

    private static void DropFrames(Region* region)
    {
        NativeMemory.Free(region->Frames);
        region->Frames = null;
    }

    private void Announce()
    {
        DropCode();
        foreach (IMemoryObserver observer in _observers)
            observer.MappingChanged();
    }

    private static void CheckRange(ulong address, ulong length)
    {
        if ((address | length) % PageSize != 0 || length > 1ul << AddressBits || address > (1ul << AddressBits) - length)
            throw new ArgumentException("A mapping is whole pages inside the guest-physical address space.", nameof(address));
    }
}
