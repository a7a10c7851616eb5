using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What a task switch does to CR3 and, with PAE paging, to the four page-directory pointers (SDM volume 3, 4.4.1 and 8.3).</summary>
internal static class PaeTaskSwitchFamily
{
    private const uint Root = Layout.PageTables, OtherRoot = Root + 0x40, Directory = Root + 0x1000, HighDirectory = Root + 0x2000,
        High = 0x4000_0000 + Layout.Image;
    private const ushort Task = Protection.Chosen, Gate = Protection.Second;

    /// <summary>The family.</summary>
    public static Family Make() => new("pae-task-switches", 32, [.. Pointers(), .. SameRoot(), .. Unpaged()]);

    private static IEnumerable<Case> Pointers()
    {
        (string Name, int Entry, ulong Value)[] rows =
        [
            ("good", 0, Directory | 1), ("with bit 1", 0, Directory | 3), ("with bit 2", 0, Directory | 5), ("with bit 5", 0, Directory | 0x21),
            ("with bit 8", 0, Directory | 0x101), ("with PWT and PCD", 0, Directory | 0x19),
            ("with bits 9 to 11", 0, Directory | 0xE01), ("with bit 52", 0, Directory | 1 | (1UL << 52)),
            ("with bit 62", 0, Directory | 1 | (1UL << 62)), ("with bit 63", 0, Directory | 1 | (1UL << 63)),
            ("absent with bit 1", 1, 2), ("present at the second with bit 1", 1, Directory | 3),
            ("present at the fourth with bit 63", 3, Directory | 1 | (1UL << 63)), ("good at the second", 1, HighDirectory | 1),
        ];
        foreach (string way in (string[])["JMP", "CALL", "CALL gate", "INT gate", "#UD gate", "IRET"])
        {
            foreach ((string name, int entry, ulong value) in rows)
            {
                // A bad pointer ends the machine: once is enough for the other ways.
                if (way != "JMP" && (name.StartsWith("present", StringComparison.Ordinal) || name is not "with bit 1" && name.StartsWith("with bit ", StringComparison.Ordinal)))
                    continue;
                yield return new($"pointer {name}: {way}", c =>
                {
                    Prepare(c);
                    if (entry != 0)
                        c.PokeLong(OtherRoot, Directory | 1);
                    c.PokeLong(OtherRoot + ((uint)entry * 8), value);
                    Switch(c, way, OtherRoot);
                }, Protection.High(Task), Protection.High(Selectors.Tss), Layout.Tss + 0x20);
            }
        }
    }

    /// <summary>The pointers are loaded where CR3 changes, not where it stays.</summary>
    private static IEnumerable<Case> SameRoot()
    {
        foreach (uint low in (uint[])[0, 8, 0x18, 0x1F])
        {
            yield return new($"JMP to a task with the same root and low bits {low:X} of CR3, after the pointers changed", c =>
            {
                Prepare(c);
                c.PokeLong(Root + 8, HighDirectory | 1);
                Switch(c, "JMP", Root | low);
            }, Protection.High(Task));
        }
        yield return new("JMP to a task with the same root, where a pointer turned bad", c =>
        {
            Prepare(c);
            c.PokeLong(Root + 8, HighDirectory | 3);
            Switch(c, "JMP", Root);
        }, Protection.High(Task));
        yield return new("JMP to a task and back", c =>
        {
            Prepare(c);
            c.PokeLong(OtherRoot, Directory | 1);
            c.PokeLong(OtherRoot + 8, HighDirectory | 1);
            // The task goes back at once: what it read is in the other TSS.
            MakeTask(c, OtherRoot, "task");
            c.A.mov(eax, cr3);
            c.Poke(Layout.Tss + 0x1C, Root);
            Jump(c, Task);
            c.A.mov(ecx, cr3);
            c.A.mov(esi, __dword_ptr[High]);
            c.Done();
            c.Mark("task");
            c.A.mov(edx, __dword_ptr[High]);
            Jump(c, Selectors.Tss);
            c.Done();
        }, Layout.OtherTss + 0x30, Layout.Tss + 0x1C);
    }

    /// <summary>Without paging CR3 stays as it is.</summary>
    private static IEnumerable<Case> Unpaged()
    {
        foreach (uint control in (uint[])[0, 0x20])
        {
            yield return new($"JMP to a task without paging, CR4 {control:X}", c =>
            {
                c.A.mov(eax, control);
                c.A.mov(cr4, eax);
                c.A.mov(eax, 0x7000);
                c.A.mov(cr3, eax);
                c.PokeLong(OtherRoot, 3);
                MakeTask(c, OtherRoot, "task");
                Jump(c, Task);
                c.Done();
                c.Mark("task");
                c.A.mov(ecx, cr3);
                c.Done();
            });
        }
    }

    private static void Switch(CaseWriter c, string way, uint root)
    {
        MakeTask(c, root, "task");
        c.A.mov(ebx, 0xB0B0);
        switch (way)
        {
            case "JMP":
                Jump(c, Task);
                break;
            case "CALL":
                c.CallFar(Task, 0);
                break;
            case "CALL gate":
                c.Describe(Gate, DescriptorBits.Gate(0x85, Task, 0));
                c.CallFar(Gate, 0);
                break;
            case "INT gate":
                c.PokeLong(Layout.Idt + (0x50 * 8), DescriptorBits.Gate(0x85, Task, 0));
                c.A.@int(0x50);
                break;
            case "#UD gate":
                c.PokeLong(Layout.Idt + (6 * 8), DescriptorBits.Gate(0x85, Task, 0));
                c.A.ud2();
                break;
            default:
                c.Poke(Protection.High(Task), 0x8B00 | (Layout.OtherTss >> 16));
                c.Poke(Layout.Tss, Task);
                c.Push(0x4002);
                c.A.popfd();
                c.A.iretd();
                break;
        }
        c.Done();
        c.Mark("task");
        c.A.mov(ecx, cr3);
        c.A.str(edx);
        c.A.mov(esi, __dword_ptr[High]);
        c.Done();
    }

    private static void Jump(CaseWriter c, ushort selector) => c.JumpFar(selector, 0);

    /// <summary>PAE paging with the first GiB mapped and the second not; the second's directory shows the first 2 MiB, where the image is.</summary>
    private static void Prepare(CaseWriter c)
    {
        c.A.mov(edi, Root);
        c.A.mov(ecx, 0x3000 / 4);
        c.A.mov(eax, 0);
        c.A.rep.stosd();
        c.PokeLong(Root, Directory | 1);
        c.PokeLong(HighDirectory, 0x83);
        c.FillTable(Directory, 0x83, 0x20_0000, 8);
        c.A.mov(eax, Root);
        c.A.mov(cr3, eax);
        c.A.mov(eax, 0x20);
        c.A.mov(cr4, eax);
        c.A.mov(eax, 0x8000_0011);
        c.A.mov(cr0, eax);
        c.A.mov(edi, 0);
        c.A.mov(eax, 0);
        c.Push(2);
        c.A.popfd();
    }

    private static void MakeTask(CaseWriter c, uint root, string entry)
    {
        (uint Offset, uint Value)[] fields =
        [
            (4, Layout.Ring0Stack), (8, Selectors.Data0), (0x1C, root), (0x20, c[entry]), (0x24, 2), (0x28, 0xA1),
            (0x38, Layout.CaseStack - 0x20),
            (0x48, Selectors.Data0), (0x4C, Selectors.Code0), (0x50, Selectors.Data0), (0x54, Selectors.Data0), (0x58, Selectors.Data0),
            (0x5C, Selectors.Data0), (0x64, 0x68_0000),
        ];
        foreach ((uint offset, uint value) in fields)
            c.Poke(Layout.OtherTss + offset, value);
        c.Describe(Task, DescriptorBits.Segment(0x89, Layout.OtherTss, 0x67, 0));
    }
}
