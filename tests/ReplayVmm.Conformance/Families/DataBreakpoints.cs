using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.DebugRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Breakpoints on accesses to memory: kinds, lengths, alignment, and what counts as one access (SDM volume 3, 18.2.5 and 18.3.1.2).
/// </summary>
internal static class DataBreakpoints
{
    /// <summary>What a probe shows where an access has been made.</summary>
    private const uint Mark = 0x1234_5678;

    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make() => [.. Data(), .. Overlaps(), .. Several()];

    /// <summary>Kinds, lengths and alignments of breakpoints and accesses.</summary>
    private static IEnumerable<Case> Data()
    {
        (string Name, int Size, bool Write)[] accesses =
        [
            ("byte read", 1, false), ("byte write", 1, true), ("word write", 2, true), ("dword read", 4, false), ("dword write", 4, true),
        ];
        foreach (int kind in (int[])[Write, ReadWrite])
        {
            for (int length = 0; length < 4; length++)
            {
                foreach ((string name, int size, bool write) in accesses)
                {
                    (int k, int l) = (kind, length);
                    yield return new($"breakpoint on {(kind == Write ? "writes" : "accesses")}, length {length}: {name}", c =>
                    {
                        c.SetDr(2, Word + 8);
                        c.SetDr(7, Enable(2, k, l));
                        c.A.mov(ecx, unchecked((int)Mark));
                        c.Access(Word + 8, size, write);
                        c.A.inc(edx);
                        c.Done();
                    }, Word + 8);
                }
            }
        }
    }

    private static IEnumerable<Case> Overlaps()
    {
        foreach (int length in (int[])[0, 1, 2, 3])
        {
            // The breakpoint's address is not aligned to its length: low bits do not count.
            foreach (int at in (int[])[6, 7, 8, 9, 11, 12, 15, 16])
            {
                yield return new($"breakpoint of length {length} at 9: a byte at {at}", c =>
                {
                    c.SetDr(1, Word + 9);
                    c.SetDr(7, Enable(1, Write, length));
                    c.Access(Word + (uint)at, 1, write: true);
                    c.A.inc(edx);
                    c.Done();
                });
            }
        }
        foreach (int at in (int[])[4, 5, 6, 7, 8, 9])
        {
            yield return new($"breakpoint of one byte at 8: a dword at {at}", c =>
            {
                c.SetDr(1, Word + 8);
                c.SetDr(7, Enable(1, ReadWrite, 0));
                c.Access(Word + (uint)at, 4, write: false);
                c.A.inc(edx);
                c.Done();
            });
        }
        yield return new("an access across pages that ends in a breakpoint", c =>
        {
            c.SetDr(0, Layout.Scratch + 0x1000);
            c.SetDr(7, Enable(0, Write, 0));
            c.Access(Layout.Scratch + 0xFFD, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
    }

    private static IEnumerable<Case> Several()
    {
        yield return new("two breakpoints on one access", c =>
        {
            c.SetDr(0, Word);
            c.SetDr(3, Word + 2);
            c.SetDr(7, Enable(0, Write, 3) | Enable(3, ReadWrite, 1));
            c.Access(Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a breakpoint that is hit and one that is not enabled", c =>
        {
            c.SetDr(0, Word);
            c.SetDr(3, Word);
            c.SetDr(7, Enable(0, Write, 3) | Enable(3, Write, 3, 0));
            c.Access(Word, 4, write: true);
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a REP instruction stops after the iteration that hits", c =>
        {
            c.SetDr(0, Word + 2);
            c.SetDr(7, Enable(0, Write, 0));
            c.A.mov(ecx, 8);
            c.A.mov(edi, Word);
            c.A.rep.stosb();
            c.Done();
        });
        yield return new("REP MOVS hits at its source", c =>
        {
            c.SetDr(0, Word + 4);
            c.SetDr(7, Enable(0, ReadWrite, 0));
            c.A.mov(ecx, 4);
            c.A.mov(esi, Word);
            c.A.mov(edi, Layout.Scratch + 0x100);
            c.A.rep.movsd();
            c.Done();
        });
        yield return new("a breakpoint on the stack: PUSH", c =>
        {
            c.SetDr(0, Layout.CaseStack - 8);
            c.SetDr(7, Enable(0, Write, 3));
            c.A.push(1);
            c.A.push(2);
            c.A.push(3);
            c.Done();
        });
        yield return new("a breakpoint on the frame of an interrupt", c =>
        {
            c.SetDr(0, Layout.CaseStack - 8);
            c.SetDr(7, Enable(0, Write, 3));
            c.Gate(0x50, c["there"]);
            c.A.@int(0x50);
            c.Mark("there");
            c.A.inc(edx);
            c.Done();
        });
        yield return new("a read-modify-write hits once", c =>
        {
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, ReadWrite, 3));
            c.A.inc(__dword_ptr[Word]);
            c.A.inc(edx);
            c.Done();
        }, Word);
        yield return new("a compare reads only", c =>
        {
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, Write, 3));
            c.A.cmp(__dword_ptr[Word], 0);
            c.Done();
        });
        yield return new("DR6 keeps what it holds", c =>
        {
            c.SetDr(6, 0x4008);
            c.SetDr(0, Word);
            c.SetDr(7, Enable(0, Write, 3));
            c.Access(Word, 4, write: true);
            c.Done();
        });
    }
}
