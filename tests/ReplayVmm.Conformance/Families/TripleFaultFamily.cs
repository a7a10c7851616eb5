using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Double faults that are delivered in special ways (SDM volume 3, 6.15), and what ends in a shutdown.</summary>
internal static class TripleFaultFamily
{
    private const ushort OtherTask = Selectors.Free, Data = Selectors.Data0;
    private const byte DoubleFault = 8, General = 13;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"triple-faults-{mode}", mode, [.. Handled(mode), .. Shutdowns(mode)]);

    private static uint Gate(int mode, byte vector) => Layout.Idt + ((uint)vector * (mode == 64 ? 16u : 8));

    private static IEnumerable<Case> Handled(int mode)
    {
        yield return new("#DF from a bad #GP gate", c =>
        {
            SetAccess(c, General, 0x82);
            c.A.mov(ecx, 0x1234);
            Fault(c.A);
        });
        yield return new("#DF with a bad stack pointer kept", c =>
        {
            SetAccess(c, 6, 0x0E);
            SetAccess(c, 11, 0x0E);
            c.A.ud2();
        });
        if (mode == 64)
        {
            yield return new("#DF on an interrupt stack", c =>
            {
                SetAccess(c, General, 0x82);
                c.A.mov(__byte_ptr[Gate(64, DoubleFault) + 4], 3);
                Fault(c.A);
            }, Layout.InterruptStacks + 0x800 - 8, Layout.InterruptStacks + 0x800 - 16, Layout.InterruptStacks + 0x800 - 48);
            yield return new("#DF on an interrupt stack after the stack pointer was not canonical", c =>
            {
                c.A.mov(__byte_ptr[Gate(64, DoubleFault) + 4], 3);
                c.A.mov(rsp, 0x8000_0000_0000);
                c.A.push(rax);
            });
            yield return new("#SS on an interrupt stack after the stack pointer was not canonical", c =>
            {
                c.A.mov(__byte_ptr[Gate(64, 12) + 4], 2);
                c.A.mov(rsp, 0x8000_0000_0000);
                c.A.push(rax);
            });
            yield return new("#PF on an interrupt stack", c =>
            {
                c.A.mov(__byte_ptr[Gate(64, 14) + 4], 2);
                c.A.mov(rsp, 0x60_0000_0000);
                c.A.push(rax);
            });
            yield return new("#DF on an interrupt stack after a push page-faulted", c =>
            {
                c.A.mov(__byte_ptr[Gate(64, DoubleFault) + 4], 3);
                c.A.mov(rsp, 0x60_0000_0000);
                c.A.push(rax);
            });
            yield break;
        }
        yield return new("#DF through a task gate", c =>
        {
            SetAccess(c, General, 0x82);
            DoubleFaultTask(c);
            c.A.mov(ebx, 0xB0B0);
            Fault(c.A);
            TaskEntry(c);
        }, Layout.OtherTss, Layout.Tss + 0x20, Layout.Tss + 0x34, Layout.Tss + 0x38);
        yield return new("#DF through a task gate after the stack was gone", c =>
        {
            DoubleFaultTask(c);
            PagingForm.TwoLevel.Map(c);
            PagingForm.TwoLevel.Enable(c);
            c.A.mov(esp, 0x6000_0000);
            c.A.push(eax);
            TaskEntry(c);
        }, Layout.OtherTss, Layout.Tss + 0x38);
    }

    /// <summary>A #GP of ring 0, with an error code of its own.</summary>
    private static void Fault(Assembler a)
    {
        a.mov(eax, 0xFF8);
        a.mov(ds, ax);
    }

    private static void SetAccess(CaseWriter c, byte vector, byte access) =>
        c.A.mov(__byte_ptr[Gate(c.Mode, vector) + 5], unchecked((sbyte)access));

    private static void DoubleFaultTask(CaseWriter c)
    {
        Assembler a = c.A;
        ulong tss = DescriptorBits.Segment(0x89, Layout.OtherTss, 0x67, 0);
        a.mov(__dword_ptr[Layout.Gdt + OtherTask], (uint)tss);
        a.mov(__dword_ptr[Layout.Gdt + OtherTask + 4], (uint)(tss >> 32));
        uint task = Layout.OtherTss;
        (uint Offset, uint Value)[] fields =
        [
            (0x1C, PagingForm.Tables), (0x20, c["task"]), (0x24, 2), (0x38, Layout.CaseStack - 0x800), (0x48, Data),
            (0x4C, Selectors.Code0), (0x50, Data),
            (0x54, Data), (0x58, Data), (0x5C, Data), (0x64, 0x68_0000),
        ];
        foreach ((uint offset, uint value) in fields)
            a.mov(__dword_ptr[task + offset], value);
        a.mov(__dword_ptr[Gate(32, DoubleFault)], (uint)OtherTask << 16);
        a.mov(__dword_ptr[Gate(32, DoubleFault) + 4], 0x8500);
    }

    /// <summary>The task shows its error code, flags and task register.</summary>
    private static void TaskEntry(CaseWriter c)
    {
        c.Mark("task");
        c.A.mov(eax, __dword_ptr[esp]);
        c.A.pushfd();
        c.A.pop(ecx);
        c.A.str(edx);
        c.A.push(2);
        c.A.popfd();
        c.Done();
    }

    private static IEnumerable<Case> Shutdowns(int mode)
    {
        yield return End("#DF gate that is not present", c =>
        {
            SetAccess(c, General, 0x82);
            SetAccess(c, DoubleFault, 0x0E);
            Fault(c.A);
        });
        yield return End("IDT of no gates, INT3", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch], 0);
            c.A.lidt(__[Layout.Scratch]);
            c.A.int3();
        });
        yield return End("IDT that ends before #DF", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch], mode == 64 ? 0x7F : 0x3F);
            c.A.mov(__dword_ptr[Layout.Scratch + 2], Layout.Idt);
            c.A.lidt(__[Layout.Scratch]);
            Fault(c.A);
        });
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.Pae;
        yield return End("IDT in a page that is not present", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch], 0xFFF);
            c.A.mov(__dword_ptr[Layout.Scratch + 2], 0x6000_0000);
            c.A.lidt(__[Layout.Scratch]);
            form.Map(c);
            form.Enable(c);
            c.A.ud2();
        });
        yield return End("stack in a page that is not present", c =>
        {
            form.Map(c);
            form.Enable(c);
            c.A.mov(esp, 0x6000_0000);
            c.A.push(2);
        });
        yield return End("code in a page that is not present, and all else", c =>
        {
            c.A.mov(eax, Layout.Scratch);
            if (mode == 32)
            {
                c.A.mov(cr3, eax);
                c.A.mov(eax, 0x8000_0011);
                c.A.mov(cr0, eax);
                return;
            }
            c.A.mov(cr3, rax);
            c.A.nop();
        });
        yield return End("GDT of no segments", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch], 0);
            c.A.lgdt(__[Layout.Scratch]);
            c.A.ud2();
        });
        if (mode == 64)
            yield break;
        yield return End("#DF through a task gate to a busy task", c =>
        {
            SetAccess(c, General, 0x82);
            DoubleFaultTask(c);
            c.A.mov(__byte_ptr[Layout.Gdt + OtherTask + 5], unchecked((sbyte)0x8B));
            Fault(c.A);
            TaskEntry(c);
        });
    }

    private static Case End(string name, Action<CaseWriter> write) => new($"shutdown: {name}", write);
}
