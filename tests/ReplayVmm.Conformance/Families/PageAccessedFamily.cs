using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Accessed and dirty flags (SDM volume 3, 4.8): the window's entries, all with both flags 0, after each kind of access; and after accesses
/// that fault.
/// </summary>
internal static class PageAccessedFamily
{
    private const uint Next = Layout.Scratch + 0x1000;

    /// <summary>Every form of the mode.</summary>
    public static Family Make(int mode) => new($"page-accessed-{mode}", mode,
        [.. PagingForm.Every.Where(form => form.Mode == mode).SelectMany(form => Allowed(form).Concat(Faulting(form)).Concat(Preset(form)))]);

    private static IEnumerable<Case> Allowed(PagingForm form)
    {
        yield return One(form, "read", a => a.mov(eax, PagingProgram.AtB(a)));
        yield return One(form, "write", a => a.mov(PagingProgram.AtB(a), ecx));
        yield return One(form, "write of a byte", a => a.mov(PagingProgram.AtB(a), cl));
        yield return One(form, "fetch", PagingProgram.JumpB);
        yield return One(form, "exchange", a => a.xchg(PagingProgram.AtB(a), ecx));
        yield return One(form, "compare and exchange that does not match", a => a.cmpxchg(PagingProgram.AtB(a), edx));
        yield return One(form, "bit test", a => a.bt(__dword_ptr[PagingProgram.AtB(a)], 0));
        yield return One(form, "bit test and set of a set bit", a => a.bts(__dword_ptr[PagingProgram.AtB(a)], 0));
        yield return One(form, "read, then write", a =>
        {
            a.mov(eax, PagingProgram.AtB(a));
            a.mov(PagingProgram.AtB(a), ecx);
        });
        yield return One(form, "string read of no bytes", a =>
        {
            Load(a, form.Target, source: true);
            a.rep.lodsb();
        });
        yield return One(form, "string write of no bytes", a =>
        {
            Load(a, form.Target, source: false);
            a.rep.stosb();
        });
        yield return One(form, "INVLPG", a => a.invlpg(PagingProgram.AtB(a)));
        yield return One(form, "address alone", a =>
        {
            if (a.Bitness == 64)
                a.lea(rax, PagingProgram.AtB(a));
            else
                a.lea(eax, PagingProgram.AtB(a));
        });
        yield return One(form, "write to a read-only page, WP=0", a => a.mov(PagingProgram.AtB(a), ecx), _ => 5);
        yield return One(form, "user read", a => a.mov(eax, PagingProgram.AtB(a)), user: true);
        yield return One(form, "user write", a => a.mov(PagingProgram.AtB(a), ecx), user: true);
    }

    private static IEnumerable<Case> Faulting(PagingForm form)
    {
        int last = form.Levels.Count - 1;
        yield return One(form, "fault: write to a read-only page", a => a.mov(PagingProgram.AtB(a), ecx), at => at == last ? 5ul : 7, wp: true);
        yield return One(form, "fault: exchange on a read-only page", a => a.xchg(PagingProgram.AtB(a), ecx), at => at == last ? 5ul : 7, wp: true);
        yield return One(form, "fault: user write to a read-only page", a => a.mov(PagingProgram.AtB(a), ecx), at => at == last ? 5ul : 7, user: true);
        yield return One(form, "fault: user read of a supervisor page", a => a.mov(eax, PagingProgram.AtB(a)), at => at == last ? 3ul : 7, user: true);
        yield return One(form, "fault: read, last entry not present", a => a.mov(eax, PagingProgram.AtB(a)), at => at == last ? 6ul : 7);
        yield return One(form, "fault: write, last entry not present", a => a.mov(PagingProgram.AtB(a), ecx), at => at == last ? 6ul : 7);
        yield return One(form, "fault: read, first entry not present", a => a.mov(eax, PagingProgram.AtB(a)), at => at == 0 ? 6ul : 7);
        if (!form.Wide)
            yield break;
        yield return One(form, "fault: fetch, NX", PagingProgram.JumpB, at => at == last ? 7 | PagingForm.NoExecute : 7);
        yield return One(form, "fault: read, reserved bit in the last entry", a => a.mov(eax, PagingProgram.AtB(a)), at => at == last ? 7 | (1ul << 51) : 7);
    }

    private static IEnumerable<Case> Preset(PagingForm form)
    {
        const ulong A = PagingForm.Accessed, D = PagingForm.Dirty;
        yield return One(form, "read, A=1 everywhere", a => a.mov(eax, PagingProgram.AtB(a)), _ => 7 | A);
        yield return One(form, "write, A=1 everywhere", a => a.mov(PagingProgram.AtB(a), ecx), _ => 7 | A);
        yield return One(form, "read, D=1 everywhere", a => a.mov(eax, PagingProgram.AtB(a)), _ => 7 | D);
        yield return One(form, "write, D=1 everywhere", a => a.mov(PagingProgram.AtB(a), ecx), _ => 7 | D);
        yield return One(form, "write after A and D were cleared and INVLPG", a =>
        {
            a.mov(PagingProgram.AtB(a), ecx);
            a.and(__dword_ptr[form.Leaf], ~(uint)(A | D));
            a.invlpg(PagingProgram.AtB(a));
            a.mov(PagingProgram.AtB(a), ecx);
        });
        yield return One(form, "read after A and D were cleared and INVLPG", a =>
        {
            a.mov(PagingProgram.AtB(a), ecx);
            a.and(__dword_ptr[form.Leaf], ~(uint)(A | D));
            a.invlpg(PagingProgram.AtB(a));
            a.mov(eax, PagingProgram.AtB(a));
        });
        yield return One(form, "write after D was cleared and MOV CR3", a =>
        {
            a.mov(PagingProgram.AtB(a), ecx);
            a.and(__dword_ptr[form.Leaf], ~(uint)D);
            if (a.Bitness == 64)
            {
                a.mov(rax, cr3);
                a.mov(cr3, rax);
            }
            else
            {
                a.mov(eax, cr3);
                a.mov(cr3, eax);
            }
            a.mov(PagingProgram.AtB(a), ecx);
        });
        if (form.IsLarge)
            yield break;
        yield return Across(form, "write across two pages", PagingForm.All, a => a.mov(PagingProgram.AtB(a, 0xFFE), ecx));
        yield return Across(form, "read across two pages", PagingForm.All, a => a.mov(eax, PagingProgram.AtB(a, 0xFFE)));
        yield return Across(form, "fault: write across two pages, second not present", 0, a => a.mov(PagingProgram.AtB(a, 0xFFE), ecx));
        yield return Across(form, "fault: write across two pages, second read-only", 5, a => a.mov(PagingProgram.AtB(a, 0xFFE), ecx));
        yield return Across(form, "write to the last bytes of a page", PagingForm.All, a => a.mov(PagingProgram.AtB(a, 0xFFC), ecx));
    }

    private static void Load(Assembler a, ulong address, bool source)
    {
        if (source)
            PagingProgram.Load(a, esi, rsi, address);
        else
            PagingProgram.Load(a, edi, rdi, address);
    }

    private static Case One(
        PagingForm form, string name, Action<Assembler> access, Func<int, ulong>? rights = null, bool user = false, bool wp = false) =>
        new(Named(form, name), c =>
        {
            // INT 40h and as many bytes of NOP.
            c.A.mov(__dword_ptr[Layout.Scratch], 0x9090_40CD);
            form.Map(c, rights ?? (_ => PagingForm.All));
            void Access(Assembler a)
            {
                PagingProgram.Load(a, ebx, rbx, form.Target);
                access(a);
                a.@int(CaseWriter.DoneVector);
            }
            if (user)
                PagingProgram.PlaceUser(c, Access);
            form.Enable(c, wp);
            Flags(c.A);
            if (user)
                PagingProgram.EnterUser(c);
            else
                Access(c.A);
        }, [.. Enumerable.Range(0, form.Levels.Count).Select(form.Entry), Layout.Scratch]);

    private static Case Across(PagingForm form, string name, ulong second, Action<Assembler> access) => new(Named(form, name), c =>
    {
        form.Map(c);
        form.Set(c, form.Leaf + form.EntrySize, second == 0 ? 0 : Next | second);
        form.Enable(c, wp: true);
        PagingProgram.Load(c.A, ebx, rbx, form.Target);
        access(c.A);
        c.Done();
    }, form.Leaf, form.Leaf + form.EntrySize);

    /// <summary>Faults first, so that the table of disagreements can name them all.</summary>
    private static string Named(PagingForm form, string name) =>
        name.StartsWith("fault: ", StringComparison.Ordinal) ? name.Insert(7, form.Name + ", ") : $"{form.Name}: {name}";

    private static void Flags(Assembler a)
    {
        a.mov(ecx, 0);
        a.mov(edx, 0x55);
    }
}
