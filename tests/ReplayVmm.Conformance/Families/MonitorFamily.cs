using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>The faults of MONITOR and MWAIT (SDM volume 2). No case waits.</summary>
internal static class MonitorFamily
{
    private static readonly CpuidBit Feature = new(1, true, 3);
    private static readonly byte[] Monitor = [0x0F, 0x01, 0xC8], Wait = [0x0F, 0x01, 0xC9];

    /// <summary>The family.</summary>
    public static Family Make() => new("monitor", 32, [.. Rows()]);

    private static IEnumerable<Case> Rows()
    {
        foreach (int ring in (int[])[0, 1, 3])
        {
            foreach (uint extensions in (uint[])[0, 1, 2, 0x8000_0000])
            {
                foreach ((string name, byte[] bytes) in ((string, byte[])[])[("MONITOR", Monitor), ("MWAIT", Wait)])
                {
                    // MWAIT without a fault would wait, or not, as the machine likes.
                    if (name == "MWAIT" && extensions < 2 && ring == 0)
                        continue;
                    yield return new($"{name}, CPL {ring}, ECX {extensions:X}", c => Run(c, ring, extensions, Layout.Scratch, bytes));
                }
            }
        }
        foreach (uint limit in (uint[])[0xFF, 0x100, 0x101])
        {
            yield return new($"MONITOR at 100h of a segment with limit {limit:X}", c =>
            {
                c.Describe(Protection.Chosen, DescriptorBits.Segment(0x92, Layout.Scratch, limit, 4));
                c.Load(fs, Protection.Chosen);
                Run(c, 0, 0, 0x100, [0x64, .. Monitor]);
            });
        }
        yield return new("MONITOR by a null segment", c =>
        {
            c.Load(fs, 0);
            Run(c, 0, 0, 0x100, [0x64, .. Monitor]);
        });
        yield return new("MONITOR in a segment that is executed only", c =>
        {
            c.Describe(Protection.Chosen, DescriptorBits.Segment(0x98, 0, Protection.MostLimit, Protection.Flat));
            c.JumpFar(Protection.Chosen, c["in"]);
            c.Mark("in");
            Run(c, 0, 0, Layout.Scratch, [0x2E, .. Monitor]);
        });
        foreach ((string name, byte[] bytes) in ((string, byte[])[])[("LOCK MONITOR", [0xF0, .. Monitor]), ("LOCK MWAIT", [0xF0, .. Wait])])
            yield return new(name, c => Run(c, 0, 0, Layout.Scratch, bytes));
    }

    private static void Run(CaseWriter c, int ring, uint extensions, uint address, byte[] instruction)
    {
        Label offered = c.A.CreateLabel();
        c.A.mov(eax, Feature.Leaf);
        c.A.cpuid();
        c.A.test(ecx, 1 << Feature.Bit);
        c.A.mov(eax, Comparison.AbsentMark);
        c.A.mov(ebx, 0);
        c.A.mov(ecx, 0);
        c.A.mov(edx, 0);
        c.A.jne(offered);
        c.Done();
        c.A.Label(ref offered);
        if (ring != 0)
            c.Enter(ring);
        c.A.test(esp, esp);
        c.A.mov(eax, address);
        c.A.mov(ecx, extensions);
        c.Mark("here");
        c.A.db(instruction);
        c.Done();
    }
}
