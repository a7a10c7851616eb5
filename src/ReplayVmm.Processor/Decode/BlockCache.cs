using System.Numerics;
using System.Runtime.InteropServices;

namespace ReplayVmm.Processor;

/// <summary>
/// The decoded blocks of a guest's memory, found by the host address of their first byte, so that aliases of a page share them and a store through any of them is
/// seen. A store into a block's bytes patches all its handlers, so that even the block that is running stops after the present instruction.
/// The memory of dead blocks comes back when everything is cleared, at the latest when the arena is full.
/// </summary>
// SAFETY: blocks, pages and both hash tables lie in native memory owned here; Clear is only called where no block runs.
internal sealed unsafe class BlockCache(int arenaSize) : IDisposable
{
    private const int BucketCount = 1 << 15, PageCount = 1 << 14, Granule = 64;

    /// <summary>A host page with decoded code.</summary>
    private struct CodePage
    {
        /// <summary>Its address; null for a free entry.</summary>
        public byte* Address;
        /// <summary>One bit for each 64 bytes: a block was decoded from there.</summary>
        public ulong Granules;
        /// <summary>Its blocks.</summary>
        public Block* Blocks;
    }

    private readonly byte* _arena = (byte*)NativeMemory.AlignedAlloc((nuint)arenaSize, 64);
    private readonly Block** _buckets = (Block**)NativeMemory.AllocZeroed(BucketCount, (nuint)sizeof(Block*));
    private readonly CodePage* _pages = (CodePage*)NativeMemory.AllocZeroed(PageCount, (nuint)sizeof(CodePage));
    private int _used, _pagesUsed;

    /// <summary>Rises with every clearing: pointers to blocks from before are dead.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>True where another block may not fit: clear first.</summary>
    public bool IsFull => _used > arenaSize - (Block.HeaderSize + ((Block.MaxCount + 1) * sizeof(DecodedInstruction))) || _pagesUsed > PageCount / 2;

    /// <summary>Room for a block of the largest size; kept by <see cref="Add"/>.</summary>
    public Block* Prepare() => (Block*)(_arena + _used);

    /// <summary>The block decoded from <paramref name="host"/> in <paramref name="mode"/>, whose last byte's page is <paramref name="secondPage"/> or null.</summary>
    public Block* Find(byte* host, byte mode, byte* secondPage)
    {
        for (Block* b = _buckets[Bucket(host, mode)]; b != null; b = b->NextInBucket)
        {
            if (b->Host == host && b->Mode == mode && b->SecondPage == secondPage)
                return b;
        }
        return null;
    }

    /// <summary>Keeps the block that was made in the room of <see cref="Prepare"/>. True where its page, or its second one, had no code before.</summary>
    public bool Add(Block* block)
    {
        _used += Block.HeaderSize + ((block->Count + 1) * sizeof(DecodedInstruction));
        Block** bucket = &_buckets[Bucket(block->Host, block->Mode)];
        block->NextInBucket = *bucket;
        *bucket = block;
        CodePage* page = FindPage(PageOf(block->Host));
        bool appeared = page->Granules == 0;
        block->NextInPage = page->Blocks;
        page->Blocks = block;
        page->Granules |= GranulesOf((int)(block->Host - page->Address), block->Bytes);
        if (block->SecondPage == null)
            return appeared;
        if (block->SecondPage == page->Address)
        {
            page->Granules = ulong.MaxValue;
            return appeared;
        }
        page = FindPage(block->SecondPage);
        appeared |= page->Granules == 0;
        block->NextInSecondPage = page->Blocks;
        page->Blocks = block;
        page->Granules |= GranulesOf(0, (int)(block->Host + block->Bytes - PageOf(block->Host)) - 4096);
        return appeared;
    }

    /// <summary>True where blocks were decoded from the host page.</summary>
    public bool HasCode(byte* hostPage) => Lookup(hostPage)->Granules != 0;

    /// <summary>The bytes at <paramref name="host"/>, within a page, have been written: blocks made of them end. True where the page has no block any more.</summary>
    public bool Written(byte* host, int count)
    {
        byte* pageAddress = PageOf(host);
        CodePage* page = Lookup(pageAddress);
        int start = (int)(host - pageAddress);
        if ((page->Granules & GranulesOf(start, count)) == 0)
            return page->Granules == 0;
        ulong granules = 0;
        for (Block** link = &page->Blocks; *link != null;)
        {
            Block* b = *link;
            bool second = b->SecondPage == pageAddress && PageOf(b->Host) != pageAddress;
            (int from, int to) = RangeIn(b, pageAddress);
            if (!b->Stale && to > start && from < start + count)
                MakeStale(b);
            Block** next = second ? &b->NextInSecondPage : &b->NextInPage;
            if (b->Stale)
            {
                *link = *next;
                continue;
            }
            granules |= GranulesOf(from, to - from);
            link = next;
        }
        page->Granules = granules;
        return granules == 0;
    }

    /// <summary>Forgets all blocks. Not while one runs.</summary>
    public void Clear()
    {
        if (_used == 0)
            return;
        new Span<nint>(_buckets, BucketCount).Clear();
        new Span<CodePage>(_pages, PageCount).Clear();
        (_used, _pagesUsed) = (0, 0);
        Epoch++;
    }

    /// <summary>Frees everything.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_arena);
        NativeMemory.Free(_buckets);
        NativeMemory.Free(_pages);
    }

    /// <summary>The sentinel's handler, and every handler of a stale block.</summary>
    public static Outcome EndOfBlock(Core* c, DecodedInstruction* i) => Outcome.BlockEnd;

    /// <summary>The bytes of the page that the block was decoded from; the whole page where the block's two pages are one.</summary>
    private static (int From, int To) RangeIn(Block* block, byte* page)
    {
        byte* own = PageOf(block->Host);
        if (block->SecondPage == own)
            return (0, 4096);
        int start = (int)(block->Host - own);
        return own == page ? (start, Math.Min(start + block->Bytes, 4096)) : (0, start + block->Bytes - 4096);
    }

    private void MakeStale(Block* block)
    {
        block->Stale = true;
        DecodedInstruction* i = Block.First(block);
        for (int n = 0; n < block->Count; n++)
            i[n].Handler = &EndOfBlock;
        for (Block** link = &_buckets[Bucket(block->Host, block->Mode)]; *link != null; link = &(*link)->NextInBucket)
        {
            if (*link != block)
                continue;
            *link = block->NextInBucket;
            break;
        }
    }

    private CodePage* FindPage(byte* address)
    {
        CodePage* page = Lookup(address);
        if (page->Address == null)
        {
            page->Address = address;
            _pagesUsed++;
        }
        return page;
    }

    /// <summary>The page's entry, or the free one where it would stand. The table is never full.</summary>
    private CodePage* Lookup(byte* address)
    {
        int at = (int)(((nuint)address >> 12) * 0x9E3779B1u) & (PageCount - 1);
        while (_pages[at].Address != null && _pages[at].Address != address)
            at = (at + 1) & (PageCount - 1);
        return &_pages[at];
    }

    private static ulong GranulesOf(int start, int count)
    {
        int first = start / Granule, last = Math.Min(start + count - 1, 4095) / Granule;
        return (ulong.MaxValue << first) & (ulong.MaxValue >> (63 - last));
    }

    private static byte* PageOf(byte* host) => (byte*)((nuint)host & ~(nuint)4095);

    private static int Bucket(byte* host, byte mode) =>
        (int)(((ulong)host + mode) * 0x9E37_79B9_7F4A_7C15 >> (64 - BitOperations.Log2(BucketCount)));
}
