using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Task switches (SDM volume 3, chapter 8, "Task Management"): by JMP, CALL, gates, interrupts and IRET, and what may be wrong with a task.
/// </summary>
internal static class TaskSwitchFamily
{
    private static readonly string[] Ways = ["JMP", "CALL", "JMP gate", "CALL gate", "INT gate", "#UD gate"];

    /// <summary>The family.</summary>
    public static Family Make() =>
        new("task-switches", 32, [.. Good(), .. Descriptors(), .. Privileges(), .. TaskFields.Make(), .. TaskReturns.Make(), .. Effects()]);

    private static IEnumerable<Case> Good()
    {
        foreach (bool wide in (bool[])[true, false])
        {
            foreach (string way in Ways)
            {
                yield return new($"{way} to a {(wide ? 32 : 16)}-bit task", c =>
                {
                    c.Prepare(wide);
                    c.InterruptTaskGates();
                    c.Push(0x4_0ED7);
                    c.A.popfd();
                    c.A.mov(ebx, 0x2222_2222);
                    c.SwitchTask(way);
                }, Tasks.Probes);
            }
        }
        yield return new("exception with an error code by a task gate", c =>
        {
            c.Prepare();
            c.Gate(13, 0x85, Tasks.Selector, 0);
            c.Load(fs, 0xFF8);
        }, [.. Tasks.Probes, Layout.UserStack - 4]);
        yield return new("exception with an error code by a task gate, 16-bit task", c =>
        {
            c.Prepare(wide: false);
            c.Gate(13, 0x85, Tasks.Selector, 0);
            c.Load(fs, 0xFF8);
        }, [.. Tasks.Probes, Layout.Stacks + 0x7FFC]);
        yield return new("from ring 3 by a task gate", c =>
        {
            c.Prepare();
            c.Describe(Tasks.GateSelector, DescriptorBits.Gate(0xE5, Tasks.Selector, 0));
            c.Enter(3);
            c.SwitchTask("CALL gate");
        }, Tasks.Probes);
        yield return new("to ring 3", c =>
        {
            c.Prepare();
            c.PokeWord(Tasks.Field(true, "CS"), Selectors.Code3);
            c.PokeWord(Tasks.Field(true, "SS"), Selectors.Data3);
            c.Poke(Tasks.Field(true, "EIP"), c["task"]);
            c.SwitchTask("JMP");
            c.Mark("task");
            c.Done();
        }, Tasks.Probes);
        yield return new("to virtual-8086 mode", c =>
        {
            c.Prepare();
            c.PokeWord(Layout.Low, 0x40CD);
            c.Poke(Tasks.Field(true, "EFLAGS"), 0x2_3002);
            foreach (string field in (string[])["CS", "SS", "DS", "ES", "FS", "GS"])
                c.PokeWord(Tasks.Field(true, field), Layout.LowSegment);
            c.Poke(Tasks.Field(true, "EIP"), 0);
            c.SwitchTask("CALL");
        }, Tasks.Probes);
    }

    private static IEnumerable<Case> Descriptors()
    {
        foreach (string way in Ways.Where(way => way is not "JMP gate"))
        {
            for (int type = 0; type < 32; type++)
            {
                foreach (bool present in (bool[])[true, false])
                {
                    // Other gates and code where a selector is used directly are far transfers.
                    if (!way.EndsWith("gate", StringComparison.Ordinal) && type is 4 or 5 or 12 or >= 24)
                        continue;
                    byte access = Protection.Access(type, 0, present);
                    bool wide = type is not (1 or 3);
                    yield return new($"{way} to {Protection.TypeNames[type]}{(present ? "" : ", not present")}", c =>
                    {
                        c.Prepare(wide);
                        c.InterruptTaskGates();
                        c.Describe(Tasks.Selector, DescriptorBits.Segment(access, Layout.OtherTss, 0x67, 0));
                        c.SwitchTask(way);
                    }, Tasks.Probes);
                }
            }
            foreach ((byte access, uint limit) in ((byte, uint)[])[(0x89, 0x66), (0x89, 0x67), (0x81, 0x2A), (0x81, 0x2B), (0x89, 0)])
            {
                yield return new($"{way} to access {access:X}, limit {limit:X}", c =>
                {
                    c.Prepare(access == 0x89);
                    c.InterruptTaskGates();
                    c.Describe(Tasks.Selector, DescriptorBits.Segment(access, Layout.OtherTss, limit, 0));
                    c.SwitchTask(way);
                }, Tasks.Probes);
            }
        }
        foreach (string way in (string[])["CALL gate", "INT gate", "#UD gate"])
        {
            foreach (ushort selector in (ushort[])[0, 3, 4, Tasks.Selector | 4, Tasks.Selector | 3, 0x1008])
            {
                yield return new($"{way} with selector {selector:X}", c =>
                {
                    c.Prepare();
                    c.LoadLdt();
                    c.Describe(Tasks.GateSelector, DescriptorBits.Gate(0x85, selector, 0));
                    c.Gate(Tasks.Vector, 0xE5, selector, 0);
                    c.Gate(6, 0xE5, selector, 0);
                    c.SwitchTask(way);
                }, Tasks.Probes);
            }
        }
    }

    private static IEnumerable<Case> Privileges()
    {
        foreach (string way in (string[])["CALL", "CALL gate", "INT gate"])
        {
            for (int n = 0; n < 64; n++)
            {
                int cpl = n >> 4, dpl = (n >> 2) & 3, rpl = n & 3;
                if (way == "INT gate" && rpl > 0)
                    continue;
                yield return new($"{way} of DPL {dpl}, CPL {cpl}, RPL {rpl}", c =>
                {
                    c.Prepare();
                    byte more = (byte)(dpl << 5);
                    if (way == "CALL")
                        c.Describe(Tasks.Selector, DescriptorBits.Segment((byte)(Tasks.Tss32 | more), Layout.OtherTss, 0x67, 0));
                    c.Describe(Tasks.GateSelector, DescriptorBits.Gate((byte)(0x85 | more), Tasks.Selector | 3, 0));
                    c.Gate(Tasks.Vector, (byte)(0x85 | more), Tasks.Selector, 0);
                    c.Enter(cpl);
                    c.SwitchTask(way, (ushort)rpl);
                });
            }
        }
    }

    private static IEnumerable<Case> Effects()
    {
        yield return new("the T bit", c =>
        {
            c.Prepare();
            c.PokeWord(Tasks.Field(true, "T"), 1);
            c.SwitchTask("JMP");
        }, Tasks.Probes);
        yield return new("JMP clears local breakpoints", c =>
        {
            c.Prepare();
            c.A.mov(eax, 0x7FF);
            c.A.mov(dr7, eax);
            c.PokeLong(Layout.Scratch + Tasks.Entry, 0x40_CD_F9_21_0F);
            c.SwitchTask("JMP");
        });
        yield return new("CR3 is not loaded without paging", c =>
        {
            c.Prepare();
            c.Poke(Layout.OtherTss + 0x1C, 0x12_3000);
            c.PokeLong(Layout.Scratch + Tasks.Entry, 0x40_CD_D9_20_0F);
            c.SwitchTask("JMP");
        });
        yield return new("the LDT of the new task", c =>
        {
            c.Prepare();
            c.Describe(Tasks.Free, DescriptorBits.Segment(0x82, Layout.Ldt, 0xFFF, 0));
            c.Describe(Protection.Local, Protection.FlatSegment(0x12, 0));
            c.PokeWord(Tasks.Field(true, "LDT"), Tasks.Free);
            c.PokeWord(Tasks.Field(true, "FS"), Protection.Local);
            c.SwitchTask("JMP");
        }, [.. Tasks.Probes, Layout.Ldt + 4]);
        yield return new("NT in the new task's flags, JMP", c =>
        {
            c.Prepare();
            c.Poke(Tasks.Field(true, "EFLAGS"), 0x4002);
            c.SwitchTask("JMP");
        }, Tasks.Probes);
        yield return new("all flags of the new task", c =>
        {
            c.Prepare();
            c.Poke(Tasks.Field(true, "EFLAGS"), 0x3D_3ED5);
            c.SwitchTask("JMP");
        }, Tasks.Probes);
        yield return new("JMP to itself", c =>
        {
            c.JumpFar(Selectors.Tss, 0);
        });
        yield return new("WAIT in the new task: TS is set", c =>
        {
            c.Prepare();
            c.PokeLong(Layout.Scratch + Tasks.Entry, 0x40_CD_E8_D9);
            c.A.mov(eax, cr0);
            c.A.or(eax, 2);
            c.A.mov(cr0, eax);
            c.SwitchTask("JMP");
        });
    }
}
