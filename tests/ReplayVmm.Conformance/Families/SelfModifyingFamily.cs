using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Stores into instructions that come next (SDM volume 3, 8.1.3 and 11.6): by every way to store, on one page and on two, before and after
/// they ran; through another linear address; and mappings of code that change.
/// </summary>
internal static class SelfModifyingFamily
{
    private const uint Page = Layout.Scratch;
    private const uint First = Layout.Scratch + 0x1000, Second = Layout.Scratch + 0x2000;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode)
    {
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.TwoLevel;
        return new($"self-modifying-{mode}", mode, [.. Next(form), .. Aliases(form), .. Remapped(form)]);
    }

    private static IEnumerable<Case> Next(PagingForm form)
    {
        foreach ((string where, uint at) in ((string, uint)[])[("in the same page", 0x100), ("in the next page", 0x1000), ("on two pages", 0xFFE)])
        {
            foreach ((string name, Action<Assembler, uint> store) in SelfModifyingStores.All())
            {
                yield return new($"{name}, next instruction {where}", c => Run(c, Page + at, store));
                yield return new($"{name}, instruction that ran {where}", c => RunTwice(c, Page + at, store, loop: true));
                yield return new($"{name}, instruction that ran {where}, paging on", c =>
                {
                    form.Map(c);
                    form.Enable(c);
                    RunTwice(c, Page + at, store, loop: false);
                });
            }
        }
    }

    /// <summary>The store, and right behind it at <paramref name="at"/> MOV EAX, 1 and the end.</summary>
    private static void Run(CaseWriter c, uint at, Action<Assembler, uint> store)
    {
        uint start = at - (uint)Assembling.Bytes(c.Mode, Page, a => store(a, at)).Length;
        PagingProgram.Copy(c, "program", start, start, a =>
        {
            store(a, at);
            Target(a);
        });
        c.A.mov(ebx, start);
        PagingProgram.JumpB(c.A);
    }

    /// <summary>What is changed.</summary>
    private static void Target(Assembler a)
    {
        a.mov(eax, 1);
        a.@int(CaseWriter.DoneVector);
        a.nop();
    }

    /// <summary>MOV EAX, 1 and a return; called, changed from outside, and called again. EBX sums up what it gave.</summary>
    private static void RunTwice(CaseWriter c, uint at, Action<Assembler, uint> store, bool loop)
    {
        PagingProgram.Copy(c, "program", at, at, a =>
        {
            a.mov(eax, 1);
            a.ret();
        });
        Assembler a = c.A;
        Label again = a.CreateLabel();
        // Called once from here, or a few times, so that a cache of blocks has links to it.
        a.mov(ebp, loop ? 5u : 1);
        a.Label(ref again);
        a.mov(eax, at);
        Call(a);
        a.mov(ebx, eax);
        a.dec(ebp);
        a.jne(again);
        store(a, at);
        a.mov(eax, at);
        Call(a);
        a.cmp(eax, eax);
        c.Done();
    }

    private static void Call(Assembler a)
    {
        if (a.Bitness == 64)
            a.call(rax);
        else
            a.call(eax);
    }

    /// <summary>One page at two linear addresses: it runs at one and is written at the other.</summary>
    private static IEnumerable<Case> Aliases(PagingForm form)
    {
        foreach (bool throughWindow in (bool[])[true, false])
        {
            foreach ((string where, uint offset) in ((string, uint)[])[("one page", 0x100u), ("two pages", 0xFFE)])
            {
                string name = throughWindow ? "written through an alias" : "run through an alias";
                yield return new($"code on {where}, {name}", c => Alias(c, form, offset, throughWindow, warm: false));
                yield return new($"code on {where}, {name}, after it ran", c => Alias(c, form, offset, throughWindow, warm: true));
            }
        }
    }

    private static void Alias(CaseWriter c, PagingForm form, uint offset, bool throughWindow, bool warm)
    {
        PagingProgram.Copy(c, "program", Page + offset, Page + offset, a =>
        {
            a.mov(eax, 1);
            a.ret();
        });
        form.Map(c);
        form.Set(c, form.Leaf + form.EntrySize, First | PagingForm.All);
        form.Enable(c);
        ulong window = form.Target + offset, direct = Page + offset;
        Assembler a = c.A;
        if (warm)
        {
            PagingProgram.Load(a, eax, rax, throughWindow ? direct : window);
            Call(a);
            a.mov(edx, eax);
        }
        PagingProgram.Load(a, ebx, rbx, throughWindow ? window : direct);
        a.mov(__byte_ptr[PagingProgram.AtB(a, 1)], 7);
        a.mov(__byte_ptr[PagingProgram.AtB(a, 3)], 9);
        PagingProgram.Load(a, eax, rax, throughWindow ? direct : window);
        Call(a);
        c.Done();
    }

    /// <summary>The window's page is changed for another, with other code at the same address.</summary>
    private static IEnumerable<Case> Remapped(PagingForm form)
    {
        foreach (bool reload in (bool[])[false, true])
        {
            string how = reload ? "MOV CR3" : "INVLPG";
            yield return new($"mapping of code changed, {how}", c => Remap(c, form, 0x100, reload));
            yield return new($"mapping of the second of two pages of an instruction changed, {how}", c => Remap(c, form, 0xFFE, reload));
        }
    }

    private static void Remap(CaseWriter c, PagingForm form, uint offset, bool reload)
    {
        byte[] one = [0xB8, 0x11, 0x22, 0x33, 0x44, 0xC3], other = [0xB8, 0x55, 0x66, 0x77, 0x08, 0xC3];
        bool across = offset == 0xFFE;
        Assembler a = c.A;
        for (uint n = 0; n < one.Length; n++)
        {
            a.mov(__byte_ptr[Page + offset + n], unchecked((sbyte)one[n]));
            // The twin of the page that is changed: the only one, or the second.
            if (!across || n >= 2)
                a.mov(__byte_ptr[Second + (across ? n - 2 : offset + n)], unchecked((sbyte)other[n]));
        }
        form.Map(c);
        form.Set(c, form.Leaf + form.EntrySize, First | PagingForm.All);
        form.Enable(c);
        PagingProgram.Load(a, eax, rax, form.Target + offset);
        Call(a);
        a.mov(edx, eax);
        form.Set(c, form.Leaf + (across ? form.EntrySize : 0), Second | PagingForm.All);
        PagingProgram.Load(a, ebx, rbx, form.Target + (across ? 0x1000u : 0));
        if (reload)
            PagingProgram.ReloadCr3(a);
        else
            a.invlpg(PagingProgram.AtB(a));
        PagingProgram.Load(a, eax, rax, form.Target + offset);
        Call(a);
        c.Done();
    }
}
