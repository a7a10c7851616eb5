using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

public sealed unsafe partial class Interpreter
{
    private const ulong PageMask = ~0xFFFul;

    /// <summary>The block at RIP. Null: RIP faults or exits, which is pending.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Block* FindBlock(Core* c)
    {
        ulong linear = (c->CodeBase + c->State.Rip) & c->CodeMask;
        JumpEntry* e = JumpEntry.Of(c, linear);
        bool hit = e->Tag == ((linear & ((1ul << JumpEntry.ModeShift) - 1)) | c->JumpTag) && !e->Block->Stale;
        // An address that is not canonical differs from the one it would be mistaken for in the bits that the tag has no room for.
        return hit && (ulong)((long)(linear << 16) >> 16) == linear ? e->Block : Fetch(c, linear);
    }

    /// <summary>The block that follows <paramref name="b"/>; remembered there where both are in one page.</summary>
    private Block* NextBlock(Core* c, Block* b, ulong start, ulong distance)
    {
        ulong epoch = Memory.Blocks.Epoch;
        Block* next = FindBlock(c);
        ulong from = (c->CodeBase + start) & c->CodeMask, to = (c->CodeBase + c->State.Rip) & c->CodeMask;
        if (next == null || next->SecondPage != null || epoch != Memory.Blocks.Epoch || ((from ^ to) & PageMask) != 0)
            return next;
        if (b->ReplaceSecond)
        {
            b->SecondDistance = distance;
            b->SecondNext = next;
        }
        else
        {
            b->FirstDistance = distance;
            b->FirstNext = next;
        }
        b->ReplaceSecond = !b->ReplaceSecond;
        return next;
    }

    /// <summary>Finds or makes the block at <paramref name="linear"/>, the address of RIP.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block* Fetch(Core* c, ulong linear)
    {
        uint limit = c->State.SegmentLimit[(int)SegmentIndex.Cs];
        if (c->CodeLimited && c->State.Rip > limit)
        {
            Fault.GeneralProtection(c);
            return null;
        }
        byte* page = FetchPage(c, linear);
        if (page == null)
            return null;
        BlockCache cache = Memory.Blocks;
        byte* host = page + (linear & ~PageMask);
        byte mode = (byte)(c->Mode.Bits & Block.DecodeBits);
        Block* block = cache.Find(host, mode, null);
        if (block == null)
        {
            if (cache.IsFull)
                Memory.DropCode();
            block = _builder.Build(host, c->Mode);
            if (block == null)
                return FetchAcross(c, linear, host, mode, limit);
            if (cache.Add(block))
                Memory.ProtectCode(page);
        }
        *JumpEntry.Of(c, linear) = new JumpEntry { Tag = (linear & ((1ul << JumpEntry.ModeShift) - 1)) | c->JumpTag, Block = block };
        return block;
    }

    /// <summary>The block of one instruction that crosses into the next page. It is looked up each time, because two pages decide what it is.</summary>
    private Block* FetchAcross(Core* c, ulong linear, byte* host, byte mode, uint limit)
    {
        ulong next = ((linear & PageMask) + 4096) & c->CodeMask;
        if (c->CodeLimited && limit - c->State.Rip < next - linear)
        {
            Fault.GeneralProtection(c);
            return null;
        }
        byte* second = FetchPage(c, next);
        if (second == null)
            return null;
        BlockCache cache = Memory.Blocks;
        Block* block = cache.Find(host, mode, second);
        if (block != null)
            return block;
        block = _builder.BuildAcross(host, second, c->Mode);
        if (cache.Add(block))
        {
            Memory.ProtectCode(host - (linear & ~PageMask));
            Memory.ProtectCode(second);
        }
        return block;
    }

    /// <summary>
    /// The host page that instructions at <paramref name="linear"/> are fetched from; where there is no memory, one of all ones. Null: a fault or an exit is pending.
    /// </summary>
    private byte* FetchPage(Core* c, ulong linear)
    {
        if (!MemoryUnit.TranslateFetch(c, linear, out ulong physical))
            return null;
        byte* page = Memory.Find(physical, out _);
        return page != null ? page : Memory.OpenBus;
    }
}
