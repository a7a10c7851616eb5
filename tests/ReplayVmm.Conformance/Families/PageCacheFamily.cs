using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Translations that are cached (SDM volume 3, 4.10): what must take effect at once, and what takes effect after INVLPG, MOV to CR3 or CR4.
/// Where a processor may keep or forget a translation as it likes there is no case, but for global ones, which real ones keep.
/// </summary>
internal static class PageCacheFamily
{
    private const uint Other = Layout.Scratch + 0x1000, Smep = 1 << 20, Smap = 1 << 21, Pge = 0x80;
    private const ulong All = PagingForm.All, Global = PagingForm.Global;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"page-caches-{mode}", mode,
        [.. PagingForm.Every.Where(form => form.Mode == mode).SelectMany(form => Changes(form).Concat(Switches(form)))]);

    private static IEnumerable<Case> Changes(PagingForm form)
    {
        (string Name, Action<CaseWriter> Flush)[] flushes =
        [
            ("INVLPG", c => c.A.invlpg(PagingProgram.AtB(c.A))),
            ("INVLPG of another place in the page", c => c.A.invlpg(PagingProgram.AtB(c.A, 0xABC))),
            ("MOV CR3", c => PagingProgram.ReloadCr3(c.A)),
            ("CR4.PGE on", c => SetCr4(c, form, Pge)),
            ("CR0.PG off and on", c => TogglePaging(c)),
        ];
        foreach ((string name, Action<CaseWriter> flush) in flushes)
        {
            if (form.Mode == 64 && name.StartsWith("CR0", StringComparison.Ordinal))
                continue;
            for (int level = 0; level < form.Levels.Count; level++)
            {
                int at = level;
                yield return One(form, $"{form.Levels[level]} made absent, {name}", All, 0, c =>
                {
                    Read(c);
                    form.Set(c, form.Entry(at), 0);
                    flush(c);
                    Read(c);
                });
                yield return One(form, $"{form.Levels[level]} made read-only, {name}", All, 0, c =>
                {
                    Write(c);
                    form.Set(c, form.Entry(at), form.Frame(at) | 5);
                    flush(c);
                    Write(c);
                });
            }
            if (!form.IsLarge)
            {
                yield return One(form, $"other page, {name}", All, 0, c =>
                {
                    Read(c);
                    form.Set(c, form.Leaf, Other | All);
                    flush(c);
                    Read(c);
                });
            }
        }
        if (form.IsLarge)
        {
            yield return One(form, "made absent, INVLPG at the page's other end", All, 0, c =>
            {
                Read(c);
                form.Set(c, form.Leaf, 0);
                PagingProgram.Load(c.A, ebx, rbx, (form.Target | ((1ul << form.LeafBits) - 1)) - 0x10);
                c.A.invlpg(PagingProgram.AtB(c.A));
                PagingProgram.Load(c.A, ebx, rbx, form.Target);
                Read(c);
            });
        }
        int last = form.Levels.Count - 1;
        foreach (int level in last == 0 ? new[] { 0 } : [0, last])
        {
            yield return One(form, $"absent {form.Levels[level]} made present, no flush", All, 0, c =>
            {
                form.Set(c, form.Entry(level), form.Frame(level) | All);
                Read(c);
            }, at => at == level ? 0ul : All);
            yield return One(form, $"read-only {form.Levels[level]} made writable, no flush", All, 0, c =>
            {
                Read(c);
                form.Set(c, form.Entry(level), form.Frame(level) | All);
                Write(c);
            }, at => at == level ? 5ul : All);
        }
    }

    private static IEnumerable<Case> Switches(PagingForm form)
    {
        yield return One(form, "global page made absent, MOV CR3 and CR4.PGE off", All | Global, Pge, c =>
        {
            Read(c);
            form.Set(c, form.Leaf, 0);
            PagingProgram.ReloadCr3(c.A);
            SetCr4(c, form, 0);
            Read(c);
        });
        yield return One(form, "global page made absent, INVLPG", All | Global, Pge, c =>
        {
            Read(c);
            form.Set(c, form.Leaf, 0);
            c.A.invlpg(PagingProgram.AtB(c.A));
            Read(c);
        });
        yield return One(form, "global page made absent, MOV CR3", All | Global, Pge, c =>
        {
            Read(c);
            form.Set(c, form.Leaf, 0);
            PagingProgram.ReloadCr3(c.A);
            Read(c);
        });
        yield return One(form, "global page without CR4.PGE made absent, MOV CR3", All | Global, 0, c =>
        {
            Read(c);
            form.Set(c, form.Leaf, 0);
            PagingProgram.ReloadCr3(c.A);
            Read(c);
        });
        yield return One(form, "write after a read of a read-only page, WP=1", 5, 0, c =>
        {
            Read(c);
            Write(c);
        }, wp: true);
        yield return One(form, "WP set after a write", 5, 0, c =>
        {
            Write(c);
            SetWp(c, on: true);
            Write(c);
        });
        yield return One(form, "WP cleared after a read", 5, 0, c =>
        {
            Read(c);
            SetWp(c, on: false);
            Write(c);
        }, wp: true);
        yield return One(form, "SMAP set after a read of a user page", All, 0, c =>
        {
            Read(c);
            SetCr4(c, form, Smap);
            Read(c);
        });
        yield return One(form, "CLAC after a read of a user page", All, Smap, c =>
        {
            c.A.stac();
            Read(c);
            c.A.clac();
            Read(c);
        });
        yield return One(form, "STAC after CLAC", All, Smap, c =>
        {
            c.A.stac();
            Read(c);
            c.A.clac();
            c.A.stac();
            Write(c);
        });
        yield return One(form, "POPF clears AC after a read of a user page", All, Smap, c =>
        {
            c.A.stac();
            Read(c);
            c.PopFlags(2);
            Read(c);
        });
        yield return One(form, "SMEP set after a fetch from a user page", All, 0, c =>
        {
            PagingProgram.Load(c.A, edx, rdx, form.Target + 4);
            CallD(c.A);
            SetCr4(c, form, Smep);
            CallD(c.A);
        });
        if (form.Wide)
        {
            yield return One(form, "NX set after a fetch, INVLPG", All, 0, c =>
            {
                PagingProgram.Load(c.A, edx, rdx, form.Target + 4);
                CallD(c.A);
                form.Set(c, form.Leaf, form.Frame(form.Levels.Count - 1) | All | PagingForm.NoExecute);
                c.A.invlpg(PagingProgram.AtB(c.A));
                CallD(c.A);
            });
        }
        yield return new($"{form.Name}: user read after a supervisor read of a supervisor page", c =>
        {
            c.A.mov(__dword_ptr[Layout.Scratch], 0x1111);
            form.Map(c, at => at == form.Levels.Count - 1 ? 3ul : All);
            PagingProgram.PlaceUser(c, a =>
            {
                PagingProgram.Load(a, ebx, rbx, form.Target);
                a.mov(eax, PagingProgram.AtB(a));
                a.@int(CaseWriter.DoneVector);
            });
            form.Enable(c);
            PagingProgram.Load(c.A, ebx, rbx, form.Target);
            Read(c);
            PagingProgram.EnterUser(c);
        });
    }

    private static Case One(
        PagingForm form, string name, ulong leaf, uint cr4, Action<CaseWriter> program, Func<int, ulong>? rights = null, bool wp = false) =>
        new($"{form.Name}: {name}", c =>
        {
            c.A.mov(__dword_ptr[Layout.Scratch], 0x1111);
            c.A.mov(__dword_ptr[Other], 0x2222);
            c.A.mov(__byte_ptr[Layout.Scratch + 4], unchecked((sbyte)0xC3));
            form.Map(c, rights ?? (at => at == form.Levels.Count - 1 ? leaf : All));
            form.Enable(c, wp, cr4);
            PagingProgram.Load(c.A, ebx, rbx, form.Target);
            program(c);
            c.Done();
        }, Layout.Scratch, Other);

    private static void Read(CaseWriter c) => c.A.mov(esi, PagingProgram.AtB(c.A));

    private static void Write(CaseWriter c)
    {
        c.A.mov(edi, 0x3333);
        c.A.mov(PagingProgram.AtB(c.A), edi);
    }

    private static void CallD(Assembler a)
    {
        if (a.Bitness == 64)
            a.call(rdx);
        else
            a.call(edx);
    }

    private static void SetCr4(CaseWriter c, PagingForm form, uint bits)
    {
        c.A.mov(ecx, bits | (form.Wide ? 0x20u : 0x10));
        if (c.Mode == 64)
            c.A.mov(cr4, rcx);
        else
            c.A.mov(cr4, ecx);
    }

    private static void SetWp(CaseWriter c, bool on)
    {
        c.A.mov(ecx, on ? 0x8001_0011 : 0x8000_0011);
        if (c.Mode == 64)
            c.A.mov(cr0, rcx);
        else
            c.A.mov(cr0, ecx);
    }

    private static void TogglePaging(CaseWriter c)
    {
        c.A.mov(ecx, 0x11);
        c.A.mov(cr0, ecx);
        c.A.mov(ecx, 0x8000_0011);
        c.A.mov(cr0, ecx);
    }
}
