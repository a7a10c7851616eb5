using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Task switches whose task state segments lie in pages that are absent or read-only (SDM volume 3, 7.3): the old task goes on with the
/// fault.
/// </summary>
internal static class PageTaskSwitches
{
    private const uint Second = Layout.Scratch + 0x1000;
    private const ushort Task = Selectors.Free, OldTask = Selectors.Free + 8;

    /// <summary>JMP and CALL, either TSS in a bad page.</summary>
    public static IEnumerable<Case> Rows(PagingForm form)
    {
        foreach (bool call in (bool[])[false, true])
        {
            string how = call ? "CALL" : "JMP";
            foreach ((string page, ulong rights) in ((string, ulong)[])[("a present", 7), ("an absent", 0), ("a read-only", 1)])
            {
                foreach (uint border in (uint[])[0, 2, 0x1C, 0x20, 0x48, 0x60])
                {
                    yield return new($"{how} to a task from {border:X2}h on in {page} page", c =>
                    {
                        MakeTask(c, Second - border);
                        SetTask(c, Task, (uint)form.Target + 0x1000 - border);
                        PageTableFamily.Enable(c, form, rights, wp: true);
                        Switch(c, call);
                    }, Layout.Gdt + Task + 4, Layout.Gdt + Selectors.Tss + 4, Second - border);
                }
                foreach (uint border in (uint[])[0x20, 0x40, 0x5C])
                {
                    yield return new($"{how} from a task from {border:X2}h on in {page} page", c =>
                    {
                        MakeTask(c, Layout.OtherTss);
                        SetTask(c, Task, Layout.OtherTss);
                        PageTableFamily.CopyTable(c, Layout.Tss, Second - border, 0x68);
                        SetTask(c, OldTask, (uint)form.Target + 0x1000 - border);
                        c.A.mov(eax, (uint)OldTask);
                        c.A.ltr(ax);
                        PageTableFamily.Enable(c, form, rights, wp: true);
                        Switch(c, call);
                    }, Layout.Gdt + Task + 4, Layout.Gdt + OldTask + 4, Layout.OtherTss, Second - border + 0x20, Second - border + 0x34);
                }
            }
        }
    }

    private static void Switch(CaseWriter c, bool call)
    {
        const uint Pointer = Layout.Scratch + 0x5010;
        c.A.mov(__dword_ptr[Pointer], 0);
        c.A.mov(__word_ptr[Pointer + 4], (short)Task);
        c.A.mov(ebx, 0xB0B0);
        if (call)
            c.A.call(__fword_ptr[Pointer]);
        else
            c.A.jmp(__fword_ptr[Pointer]);
        c.Done();
        c.Mark("task");
        c.A.str(edx);
        c.Done();
    }

    private static void SetTask(CaseWriter c, ushort selector, uint address) =>
        PageTableFamily.Put(c, Layout.Gdt + selector, DescriptorBits.Segment(0x89, address, 0x67, 0));

    private static void MakeTask(CaseWriter c, uint tss)
    {
        (uint Offset, uint Value)[] fields =
        [
            (4, Layout.Ring0Stack), (8, Selectors.Data0), (0x1C, PagingForm.Tables), (0x20, c["task"]), (0x24, 2), (0x28, 0xA1),
            (0x2C, 0xC1),
            (0x38, Layout.CaseStack - 0x20), (0x48, Selectors.Data0), (0x4C, Selectors.Code0), (0x50, Selectors.Data0),
            (0x54, Selectors.Data0),
            (0x58, Selectors.Data0), (0x5C, Selectors.Data0), (0x64, 0x68_0000),
        ];
        foreach ((uint offset, uint value) in fields)
            c.A.mov(__dword_ptr[tss + offset], value);
    }
}
