using System.Buffers.Binary;
using Iced.Intel;
using ReplayVmm.Processor;

namespace ReplayVmm.Replay;

/// <summary>
/// Looks at a stopped guest as a debugger does: translates linear addresses and reads instructions without changing anything, not even an
/// accessed bit. Page tables are the guest's and may hold anything.
/// </summary>
internal static unsafe class GuestView
{
    private const int LongestInstruction = 15;
    private const ulong PageSize = 4096;
    private const ulong AddressBits = 0x000F_FFFF_FFFF_F000;
    private const ulong Present = 1;
    private const ulong LargePage = 1 << 7;
    private const ulong Cr0Paging = 1UL << 31;
    private const ulong Cr4PageSizeExtension = 1UL << 4;
    private const ulong Cr4PhysicalAddressExtension = 1UL << 5;
    private const ulong EferLongModeActive = 1UL << 10;

    // SDM volume 3, section 25.4.1: access rights of a segment.
    private const uint CodeLong = 1 << 13;
    private const uint CodeBig = 1 << 14;

    /// <summary>The instruction at <paramref name="rip"/>, or where the processor stands.</summary>
    // SAFETY: the processor's state has a stable address while it lives, and it is not running.
    public static InstructionView Instruction(IVirtualProcessor processor, IPhysicalMemory memory, ulong? rip)
    {
        CpuState* state = processor.State;
        ulong at = rip ?? state->Rip;
        ushort selector = state->SegmentSelector[(int)SegmentIndex.Cs];
        Span<byte> bytes = stackalloc byte[LongestInstruction];
        int length = Read(state, memory, state->SegmentBase[(int)SegmentIndex.Cs] + at, bytes);
        if (length == 0)
            return new InstructionView(at, selector, [], "(not readable)");
        var decoder = Decoder.Create(Bitness(state), bytes[..length].ToArray());
        decoder.IP = at;
        decoder.Decode(out Instruction instruction);
        if (instruction.IsInvalid)
            return new InstructionView(at, selector, bytes[..length].ToArray(), "(not an instruction)");
        return new InstructionView(at, selector, bytes[..instruction.Length].ToArray(), Text(instruction));
    }

    /// <summary>Copies from linear <paramref name="address"/>, across pages, until a byte cannot be read.</summary>
    /// <returns>How many bytes were copied.</returns>
    private static int Read(CpuState* state, IPhysicalMemory memory, ulong address, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            ulong linear = address + (ulong)done;
            int piece = (int)Math.Min((ulong)(destination.Length - done), PageSize - (linear % PageSize));
            if (!TryTranslate(state, memory, linear, out ulong physical) || !memory.TryRead(physical, destination.Slice(done, piece)))
                return done;
            done += piece;
        }

        return done;
    }

    /// <summary>Walks the guest's page tables: SDM volume 3, sections 5.3 (32-bit), 5.4 (PAE) and 5.5 (4-level).</summary>
    private static bool TryTranslate(CpuState* state, IPhysicalMemory memory, ulong linear, out ulong physical)
    {
        bool longMode = (state->Efer & EferLongModeActive) != 0;
        physical = longMode ? linear : (uint)linear;
        if ((state->Cr0 & Cr0Paging) == 0)
            return true;
        if (longMode)
            return Walk(memory, state->Cr3 & AddressBits, linear, 39, out physical);
        if ((state->Cr4 & Cr4PhysicalAddressExtension) == 0)
            return Walk32(memory, state, (uint)linear, out physical);
        ulong pointer = state->Pdpte[(int)((uint)linear >> 30)];
        return (pointer & Present) != 0 && Walk(memory, pointer & AddressBits, (uint)linear, 21, out physical);
    }

    private static bool Walk(IPhysicalMemory memory, ulong table, ulong linear, int shift, out ulong physical)
    {
        Span<byte> bytes = stackalloc byte[8];
        for (; ; shift -= 9)
        {
            physical = 0;
            if (!memory.TryRead(table + (((linear >> shift) & 0x1FF) * 8), bytes))
                return false;
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if ((entry & Present) == 0)
                return false;
            if (shift == 12 || (shift <= 30 && (entry & LargePage) != 0))
            {
                ulong offset = (1UL << shift) - 1;
                physical = (entry & AddressBits & ~offset) | (linear & offset);
                return true;
            }

            table = entry & AddressBits;
        }
    }

    private static bool Walk32(IPhysicalMemory memory, CpuState* state, uint linear, out ulong physical)
    {
        Span<byte> bytes = stackalloc byte[4];
        physical = 0;
        if (!memory.TryRead((state->Cr3 & 0xFFFF_F000) + ((linear >> 22) * 4), bytes))
            return false;
        uint directory = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if ((directory & Present) == 0)
            return false;
        if ((directory & LargePage) != 0 && (state->Cr4 & Cr4PageSizeExtension) != 0)
        {
            // Bits 13 to 20 are bits 32 to 39 of the address (PSE-36).
            physical = (directory & 0xFFC0_0000) | (((ulong)directory >> 13 & 0xFF) << 32) | (linear & 0x3F_FFFF);
            return true;
        }

        if (!memory.TryRead((directory & 0xFFFF_F000) + ((linear >> 12 & 0x3FF) * 4), bytes))
            return false;
        uint entry = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        physical = (entry & 0xFFFF_F000) | (linear & 0xFFF);
        return (entry & Present) != 0;
    }

    private static int Bitness(CpuState* state)
    {
        uint code = state->SegmentAttributes[(int)SegmentIndex.Cs];
        if ((state->Efer & EferLongModeActive) != 0 && (code & CodeLong) != 0)
            return 64;
        return (code & CodeBig) != 0 ? 32 : 16;
    }

    private static string Text(Instruction instruction)
    {
        var formatter = new NasmFormatter();
        formatter.Options.SpaceAfterOperandSeparator = true;
        formatter.Options.HexPrefix = "0x";
        formatter.Options.HexSuffix = "";
        formatter.Options.UppercaseHex = false;
        var output = new StringOutput();
        formatter.Format(instruction, output);
        return output.ToString();
    }
}
