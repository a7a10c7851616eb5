using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>MONITOR and MWAIT where CPUID does not offer them: undefined in every ring (SDM volume 2). Where it does, a case has no subject.</summary>
internal static class MonitorFamily
{
    private static readonly CpuidBit Feature = new(1, true, 3);

    /// <summary>The family.</summary>
    public static Family Make() => new("monitor", 32,
    [
        .. from instruction in ((string Name, byte[] Bytes)[])[("MONITOR", [0x0F, 0x01, 0xC8]), ("MWAIT", [0x0F, 0x01, 0xC9])]
           from locked in (bool[])[false, true]
           from ring in (int[])[0, 1, 3]
           from extensions in (uint[])[0, 2]
           select new Case($"{(locked ? "LOCK " : "")}{instruction.Name} that is not offered, CPL {ring}, ECX {extensions:X}",
               c => Run(c, ring, extensions, [.. locked ? (byte[])[0xF0] : [], .. instruction.Bytes])),
    ]);

    private static void Run(CaseWriter c, int ring, uint extensions, byte[] instruction)
    {
        Label absent = c.A.CreateLabel();
        c.A.mov(eax, Feature.Leaf);
        c.A.cpuid();
        c.A.test(ecx, 1 << Feature.Bit);
        c.A.mov(eax, Comparison.AbsentMark);
        c.A.mov(ebx, 0);
        c.A.mov(ecx, 0);
        c.A.mov(edx, 0);
        c.A.je(absent);
        c.Done();
        c.A.Label(ref absent);
        c.Enter(ring);
        c.A.mov(eax, Layout.Scratch);
        c.A.mov(ecx, extensions);
        c.A.db(instruction);
        c.Done();
    }
}
