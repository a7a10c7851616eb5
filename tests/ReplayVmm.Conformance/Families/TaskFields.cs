using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Selectors in a TSS that cannot be loaded: which fault, in which task, with which error code (SDM volume 3, 8.3).</summary>
internal static class TaskFields
{
    /// <summary>In protected mode.</summary>
    public static IEnumerable<Case> Make()
    {
        (string What, ushort Selector, ulong Descriptor)[] wrong =
        [
            ("null", 0, 0), ("beyond the GDT", 0x1008, 0), ("in no LDT", Tasks.Free | 4, 0),
            ("data", Tasks.Free, Protection.FlatSegment(0x12, 0)), ("read-only data", Tasks.Free, Protection.FlatSegment(0x10, 0)),
            ("execute-only code", Tasks.Free, Protection.FlatSegment(0x18, 0)),
            ("readable code", Tasks.Free, Protection.FlatSegment(0x1A, 0)), ("conforming", Tasks.Free, Protection.FlatSegment(0x1E, 0)),
            ("data of DPL 3", Tasks.Free, Protection.FlatSegment(0x12, 3)), ("code of DPL 3", Tasks.Free, Protection.FlatSegment(0x1A, 3)),
            ("conforming of DPL 3", Tasks.Free, Protection.FlatSegment(0x1E, 3)),
            ("data with RPL 3", Tasks.Free | 3, Protection.FlatSegment(0x12, 0)),
            ("data not present", Tasks.Free, Protection.FlatSegment(0x12, 0, false)),
            ("code not present", Tasks.Free, Protection.FlatSegment(0x1A, 0, false)),
            ("an LDT", Tasks.Free, DescriptorBits.Segment(0x82, Layout.Ldt, 0xFFF, 0)),
            ("an LDT not present", Tasks.Free, DescriptorBits.Segment(2, Layout.Ldt, 0xFFF, 0)),
            ("a TSS", Tasks.Free, DescriptorBits.Segment(0x89, Layout.Ldt, 0xFFF, 0)),
        ];
        foreach (string field in (string[])["CS", "SS", "DS", "GS", "LDT"])
        {
            foreach ((string what, ushort selector, ulong descriptor) in wrong)
            {
                // A task that really runs such code runs something else.
                if (field == "CS" && what is "execute-only code" or "readable code" or "conforming")
                    continue;
                foreach (string way in field is "CS" or "SS" or "LDT" ? (string[])["JMP", "INT gate", "#UD gate"] : ["JMP"])
                {
                    yield return new($"{way}: {field} is {what}", c =>
                    {
                        c.Prepare();
                        c.CatchFaults();
                        c.InterruptTaskGates();
                        if (descriptor != 0)
                            c.Describe(Tasks.Free, descriptor);
                        c.PokeWord(Tasks.Field(true, field), selector);
                        c.SwitchTask(way);
                        c.Caught();
                    }, Tasks.Probes);
                }
            }
        }
        foreach (string way in (string[])["JMP", "#UD gate"])
        {
            yield return new($"{way}: EIP beyond the limit", c =>
            {
                c.Prepare();
                c.CatchFaults();
                c.InterruptTaskGates();
                c.Poke(Tasks.Field(true, "EIP"), 0x1_0000);
                c.SwitchTask(way);
                c.Caught();
            }, Tasks.Probes);
        }
        foreach (byte vector in (byte[])[0, 6, 13])
        {
            yield return new($"exception {vector:X} to a task whose SS is not present", c =>
            {
                c.Prepare();
                c.CatchFaults();
                c.Gate(vector, 0x85, Tasks.Selector, 0);
                c.Describe(Tasks.Free, Protection.FlatSegment(0x12, 0, false));
                c.PokeWord(Tasks.Field(true, "SS"), Tasks.Free);
                if (vector == 0)
                    c.A.div(ecx);
                else if (vector == 6)
                    c.A.ud2();
                else
                    c.A.db(0x66, 0xB8, 0xF8, 0x0F, 0x8E, 0xE0);
                c.Caught();
            }, Tasks.Probes);
        }
        yield return new("no room for the error code in the new task", c =>
        {
            c.Prepare();
            c.CatchFaults();
            c.Gate(13, 0x85, Tasks.Selector, 0);
            c.Describe(Tasks.Free, DescriptorBits.Segment(0x92, Layout.Scratch, 0xFF, 4));
            c.PokeWord(Tasks.Field(true, "SS"), Tasks.Free);
            c.Poke(Layout.OtherTss + 0x38, 0x200);
            c.Load(fs, 0xFF8);
            c.Caught();
        }, Tasks.Probes);
    }
}
