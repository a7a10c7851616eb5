using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Makes page tables of 4 KiB whose entries follow each other at a distance.</summary>
internal static class IdentityPages
{
    /// <summary>Fills a table; EAX and EDI are lost.</summary>
    /// <param name="c">Where to write.</param>
    /// <param name="table">Address of the table.</param>
    /// <param name="first">Lower half of its first entry; upper halves stay as they are.</param>
    /// <param name="step">From one entry to the next.</param>
    /// <param name="bytes">Bytes of an entry: 4 or 8.</param>
    public static void FillTable(this CaseWriter c, uint table, uint first, uint step, int bytes)
    {
        Label page = c.A.CreateLabel();
        c.A.mov(eax, first);
        c.A.mov(edi, table);
        c.A.Label(ref page);
        c.A.mov(__dword_ptr[edi], eax);
        c.A.add(eax, step);
        c.A.add(edi, bytes);
        c.A.cmp(edi, table + 0x1000);
        c.A.jne(page);
    }
}
