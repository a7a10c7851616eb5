using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Descriptor tables and task state segments in pages that are absent or read-only: accesses of the processor itself (SDM volume 3, 4.6 and
/// 6.15). Each table lies in the window's two pages, the first always good, so that what the handler needs can be had.
/// </summary>
internal static class PageTableFamily
{
    private const uint First = Layout.Scratch, Second = Layout.Scratch + 0x1000;
    private const ushort InSecond = 0x1000;
    private const byte Gate = 0x50;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode)
    {
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.TwoLevel;
        return new($"page-tables-{mode}", mode,
        [
            .. Descriptors(form), .. Gates(form), .. TaskSegments(form), .. mode == 32 ? PageTaskSwitches.Rows(form) : [],
        ]);
    }

    /// <summary>What may be wrong with the second page.</summary>
    private static readonly (string Name, ulong Rights, bool Wp)[] Pages =
        [("a present", 7, true), ("an absent", 0, true), ("a read-only", 1, true), ("a read-only (WP=0)", 1, false)];

    /// <summary>Selector 1000h is in the second page; its descriptor has never been accessed.</summary>
    private static IEnumerable<Case> Descriptors(PagingForm form)
    {
        byte code = (byte)(form.Mode == 64 ? 0xA : 0xC);
        ulong flatCode = DescriptorBits.Segment(0x9A, 0, 0xF_FFFF, code), userCode = DescriptorBits.Segment(0xFA, 0, 0xF_FFFF, code);
        ulong flatData = DescriptorBits.Segment(0x92, 0, 0xF_FFFF, 0xC), userData = DescriptorBits.Segment(0xF2, 0, 0xF_FFFF, 0xC);
        (string Name, ulong Descriptor, Action<CaseWriter> Load)[] loads =
        [
            ("MOV DS", flatData, c => Move(c.A, ds)),
            ("MOV SS", flatData, c => Move(c.A, ss)),
            ("POP FS", flatData, c =>
            {
                c.A.push(InSecond);
                c.A.pop(fs);
            }),
            ("LAR", flatData, c => c.A.lar(ecx, eax)),
            ("LSL", flatData, c => c.A.lsl(ecx, eax)),
            ("VERW", flatData, c => c.A.verw(ax)),
            ("LLDT", DescriptorBits.Segment(0x82, Layout.Ldt, 0xFFF, 0), c => c.A.lldt(ax)),
            ("LTR", DescriptorBits.Segment(0x89, Layout.OtherTss, 0x67, 0), c => c.A.ltr(ax)),
            ("far jump", flatCode, c => Far(c, call: false)),
            ("far call", flatCode, c => Far(c, call: true)),
            ("far call of a call gate", DescriptorBits.Gate(0x8C, Selectors.Code0, Layout.Scratch + 0x4000), c => Far(c, call: true)),
            ("far return", flatCode, c =>
            {
                c.A.push(InSecond);
                c.A.push((int)c["back"]);
                c.A.AddInstruction(Instruction.Create(form.Mode == 64 ? Code.Retfq : Code.Retfd));
            }),
            ("IRET", flatCode, c => Return(c, InSecond, Selectors.Data0)),
            ("IRET to ring 3", userCode, c => Return(c, InSecond | 3, Selectors.Data3)),
            ("IRET to ring 3, its stack", userData, c => Return(c, Selectors.Code3, InSecond | 3)),
            ("INT through a gate to it", flatCode, c => c.A.@int(Gate)),
        ];
        foreach ((string name, ulong descriptor, Action<CaseWriter> load) in loads)
        {
            foreach ((string page, ulong rights, bool wp) in Pages)
            {
                yield return new($"{name}, descriptor in {page} page", c =>
                {
                    Put(c, Second, descriptor);
                    Put(c, Second + 8, 0);
                    c.A.mov(__dword_ptr[Layout.Scratch + 0x4000], 0x9090_40CD);
                    PrepareGate(c, InSecond);
                    CopyTable(c, Layout.Gdt, First, 0x400);
                    c.A.mov(__word_ptr[Layout.Scratch + 0x5000], 0x1FFF);
                    Enable(c, form, rights, wp);
                    SetPointer(c, form.Target);
                    c.A.lgdt(__[Layout.Scratch + 0x5000]);
                    c.A.mov(eax, InSecond);
                    c.A.cmp(eax, eax);
                    load(c);
                    c.Mark("back");
                    c.Done();
                }, Second + 4, First + Selectors.Data0 + 4);
            }
        }
    }

    private static void Move(Assembler a, AssemblerRegisterSegment segment) => a.mov(segment, ax);

    private static void Far(CaseWriter c, bool call)
    {
        const uint Pointer = Layout.Scratch + 0x5010;
        c.A.mov(__dword_ptr[Pointer], c["back"]);
        c.A.mov(__word_ptr[Pointer + 4], unchecked((short)InSecond));
        if (call)
            c.A.call(__fword_ptr[Pointer]);
        else
            c.A.jmp(__fword_ptr[Pointer]);
    }

    private static void Return(CaseWriter c, ushort code, ushort stack)
    {
        c.A.push(stack);
        c.A.push((int)PagingProgram.UserStack);
        c.A.push(2);
        c.A.push(code);
        // Ring 3 finds its end in the window that is its own.
        c.A.push((int)((code & 3) == 3 ? PagingForm.UserWindow + Layout.Scratch + 0x4000 : c["back"]));
        PagingProgram.InterruptReturn(c.A);
    }

    private static void PrepareGate(CaseWriter c, ushort selector)
    {
        uint gate = Layout.Idt + (Gate * (c.Mode == 64 ? 16u : 8));
        c.A.mov(__word_ptr[gate + 2], unchecked((short)selector));
        c.A.mov(__byte_ptr[gate + 5], unchecked((sbyte)0xEE));
    }

    /// <summary>Vectors from 40h on are in the second page; or the border goes through the gate of 50h.</summary>
    private static IEnumerable<Case> Gates(PagingForm form)
    {
        uint size = form.Mode == 64 ? 16u : 8;
        foreach ((string where, uint before) in ((string, uint)[])[("in", 0x40 * size), ("reaching into", (Gate * size) + 4)])
        {
            foreach ((string page, ulong rights, bool wp) in Pages)
            {
                foreach (bool user in (bool[])[false, true])
                {
                    foreach (bool ud in (bool[])[false, true])
                    {
                        string name = ud ? "#UD" : "INT 50h";
                        yield return new($"{name}{(user ? " at CPL 3" : "")}, gate {where} {page} page", c =>
                        {
                            PrepareGate(c, Selectors.Code0);
                            uint vectorBase = ud ? (before / size == Gate ? (6 * size) + 4 : 6 * size) : before;
                            // The page fault's gate, 14, comes behind 6: it gets a place of its own where 6 is at the border.
                            CopyTable(c, Layout.Idt, Second - vectorBase, 0x1000);
                            c.A.mov(__word_ptr[Layout.Scratch + 0x5000], 0xFFF);
                            PagingProgram.PlaceUser(c, a =>
                            {
                                if (ud)
                                    a.ud2();
                                else
                                    a.@int(Gate);
                            });
                            Enable(c, form, rights, wp);
                            SetPointer(c, form.Target + 0x1000 - vectorBase);
                            c.A.lidt(__[Layout.Scratch + 0x5000]);
                            if (user)
                                PagingProgram.EnterUser(c);
                            else if (ud)
                                c.A.ud2();
                            else
                                c.A.@int(Gate);
                        });
                    }
                }
            }
        }
    }

    /// <summary>Stack pointers of inner rings and the I/O permission map.</summary>
    private static IEnumerable<Case> TaskSegments(PagingForm form)
    {
        bool wide = form.Mode == 64;
        foreach ((string page, ulong rights, bool wp) in Pages)
        {
            yield return Task(form, $"stack of an inner ring in {page} page", wide ? 0x24u : 12, rights, wp, a => a.@int(Gate));
            yield return Task(form, $"stack of an inner ring reaching into {page} page", wide ? 0x28u : 14, rights, wp, a => a.@int(Gate));
            yield return Task(form, $"port permission in {page} page", 0x68, rights, wp, a => a.@in(al, 0x80));
            yield return Task(form, $"port permissions reaching into {page} page", 0x68 + 0x11, rights, wp, a => a.@in(ax, 0x87));
            yield return Task(form, $"where the port permissions are, in {page} page", 0x66, rights, wp, a => a.@in(al, 0x80));
        }
    }

    private static Case Task(PagingForm form, string name, uint border, ulong rights, bool wp, Action<Assembler> user) => new(name, c =>
    {
        uint gate = Layout.Idt + (Gate * (c.Mode == 64 ? 16u : 8));
        PrepareGate(c, c.Mode == 64 ? Selectors.Code0 : Selectors.Code1);
        if (c.Mode == 64)
            c.A.mov(__byte_ptr[gate + 4], 1);
        CopyTable(c, Layout.Tss, Second - border, 0x400);
        PagingProgram.PlaceUser(c, a =>
        {
            user(a);
            a.@int(CaseWriter.DoneVector);
        });
        ulong address = form.Target + 0x1000 - border, descriptor = DescriptorBits.Segment(0x89, (uint)address, 0x3FF, 0);
        Put(c, Layout.Gdt + Selectors.Free, descriptor);
        Put(c, Layout.Gdt + Selectors.Free + 8, address >> 32);
        c.A.mov(eax, (uint)Selectors.Free);
        c.A.ltr(ax);
        Enable(c, form, rights, wp);
        PagingProgram.EnterUser(c);
    });

    internal static void Enable(CaseWriter c, PagingForm form, ulong rights, bool wp)
    {
        form.Map(c);
        form.Set(c, form.Leaf + form.EntrySize, rights == 0 ? 0 : Second | rights);
        form.Enable(c, wp);
    }

    private static void SetPointer(CaseWriter c, ulong value)
    {
        const uint Pointer = Layout.Scratch + 0x5002;
        c.A.mov(__dword_ptr[Pointer], (uint)value);
        c.A.mov(__dword_ptr[Pointer + 4], (uint)(value >> 32));
    }

    internal static void CopyTable(CaseWriter c, uint from, uint to, uint bytes)
    {
        c.A.mov(esi, from);
        c.A.mov(edi, to);
        c.A.mov(ecx, bytes);
        c.A.rep.movsb();
        c.A.mov(esi, 0);
        c.A.mov(edi, 0);
    }

    internal static void Put(CaseWriter c, uint address, ulong value)
    {
        c.A.mov(__dword_ptr[address], (uint)value);
        c.A.mov(__dword_ptr[address + 4], (uint)(value >> 32));
    }
}
