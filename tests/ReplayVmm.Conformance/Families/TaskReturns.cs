using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>IRET with NT set: back to the task that the link names (SDM volume 3, 8.4; volume 2, IRET).</summary>
internal static class TaskReturns
{
    /// <summary>In protected mode.</summary>
    public static IEnumerable<Case> Make()
    {
        foreach (bool wide in (bool[])[true, false])
        {
            foreach (string way in (string[])["CALL", "CALL gate", "INT gate"])
            {
                yield return new($"IRET from a {(wide ? 32 : 16)}-bit task after {way}", c =>
                {
                    c.Prepare(wide);
                    c.InterruptTaskGates();
                    c.A.mov(__byte_ptr[Layout.Scratch + Tasks.Entry], 0xCF);
                    c.A.mov(ebx, 0x2222_2222);
                    c.SwitchTask(way);
                    c.A.str(ecx);
                    c.A.pushfd();
                    c.A.pop(edx);
                    c.Done();
                }, Tasks.Probes);
            }
        }
        for (int type = 0; type < 32; type++)
        {
            foreach (bool present in (bool[])[true, false])
            {
                byte access = Protection.Access(type, 0, present);
                bool wide = type is not 3;
                yield return new($"IRET to {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                {
                    c.Prepare(wide);
                    c.Describe(Tasks.Selector, DescriptorBits.Segment(access, Layout.OtherTss, 0x67, 0));
                    Back(c, Tasks.Selector);
                }, Tasks.Probes);
            }
        }
        foreach (ushort selector in (ushort[])[0, 3, 4, 0x1008, Tasks.Selector | 4, Tasks.Selector | 3])
        {
            yield return new($"IRET to selector {selector:X}", c =>
            {
                c.Prepare();
                c.LoadLdt();
                c.Describe(Tasks.Selector, DescriptorBits.Segment(0x8B, Layout.OtherTss, 0x67, 0));
                Back(c, selector);
            }, Tasks.Probes);
        }
        yield return new("IRET to a TSS with limit 66", c =>
        {
            c.Prepare();
            c.Describe(Tasks.Selector, DescriptorBits.Segment(0x8B, Layout.OtherTss, 0x66, 0));
            Back(c, Tasks.Selector);
        }, Tasks.Probes);
    }

    private static void Back(CaseWriter c, ushort selector)
    {
        c.PokeWord(Layout.Tss, selector);
        c.Push(0x4002);
        c.A.popfd();
        c.A.iretd();
    }
}
