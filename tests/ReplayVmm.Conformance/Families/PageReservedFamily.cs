using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Reserved bits of paging-structure entries (SDM volume 3, 4.3 to 4.5 and 4.7) and of PAE's pointers, which MOV to CR3 loads (4.4.1).
/// </summary>
internal static class PageReservedFamily
{
    private enum Kind
    {
        Read,
        Write,
        Fetch,
        UserRead,
        UserWrite,
    }

    /// <summary>Every form of the mode.</summary>
    public static Family Make(int mode) => new($"page-reserved-{mode}", mode,
        [.. PagingForm.Every.Where(form => form.Mode == mode).SelectMany(Rows), .. mode == 32 ? Pointers() : []]);

    private static IEnumerable<Case> Rows(PagingForm form)
    {
        foreach ((string name, int level, ulong bits, bool nxe) in Bits(form))
        {
            foreach (Kind kind in Enum.GetValues<Kind>())
                yield return One(form, $"{Name(kind)}, {form.Name}: {name} in {form.Levels[level]}", kind, at => at == level ? 7 | bits : 7, nxe);
        }
        int last = form.Levels.Count - 1;
        if (!form.Wide)
            yield break;
        yield return One(form, $"several, {form.Name}: bit 51 in a last entry that is not present", Kind.Read, at => at == last ? 6 | (1ul << 51) : 7);
        yield return One(form, $"several, {form.Name}: bit 51 in a last entry without rights", Kind.UserWrite, at => at == last ? 1 | (1ul << 51) : 7);
        if (last > 0)
        {
            yield return One(form, $"several, {form.Name}: bit 51 in the first entry, last not present", Kind.Write, at => at == 0 ? 7 | (1ul << 51) : at == last ? 0ul : 7);
            yield return One(form, $"several, {form.Name}: bit 51 in the last entry, first not present", Kind.Write, at => at == last ? 7 | (1ul << 51) : at == 0 ? 0ul : 7);
            yield return One(form, $"several, {form.Name}: bit 51 in the last entry, first without rights", Kind.UserWrite, at => at == last ? 7 | (1ul << 51) : at == 0 ? 1ul : 7);
        }
    }

    /// <summary>Bits by level; some are not reserved, so that the others are known to be.</summary>
    private static IEnumerable<(string Name, int Level, ulong Bits, bool Nxe)> Bits(PagingForm form)
    {
        int last = form.Levels.Count - 1;
        for (int level = 0; level <= last; level++)
        {
            yield return ("bits 9 to 11", level, 0xE00, true);
            if (!form.Wide)
                continue;
            yield return ("bit 51", level, 1ul << 51, true);
            yield return ("bit 52", level, 1ul << 52, true);
            yield return ("bit 58", level, 1ul << 58, true);
            yield return ("bit 63 and NXE=0", level, 1ul << 63, false);
        }
        if (form.IsLarge)
        {
            yield return ("bit 12", last, 1 << 12, true);
            if (form.LeafBits == 22)
            {
                yield return ("bit 21", last, 1 << 21, true);
                yield break;
            }
            yield return ("bit 13", last, 1 << 13, true);
            yield return ($"bit {form.LeafBits - 1}", last, 1ul << (form.LeafBits - 1), true);
        }
        if (form.Mode == 64)
            yield return ("bit 7", 0, 0x80, true);
        if (form.LeafBits == 12)
            yield return ("bits 7 and 8", last, 0x180, true);
    }

    private static Case One(PagingForm form, string name, Kind kind, Func<int, ulong> rights, bool nxe = true) => new(name, c =>
    {
        c.A.mov(__dword_ptr[Layout.Scratch], 0x9090_40CD);
        form.Map(c, rights);
        bool user = kind >= Kind.UserRead;
        if (user)
            PagingProgram.PlaceUser(c, a => Perform(a, form, kind));
        form.Enable(c, nxe: nxe);
        if (user)
            PagingProgram.EnterUser(c);
        else
            Perform(c.A, form, kind);
    });

    private static string Name(Kind kind) => kind switch
    {
        Kind.Read => "read",
        Kind.Write => "write",
        Kind.Fetch => "fetch",
        Kind.UserRead => "user read",
        _ => "user write",
    };

    private static void Perform(Assembler a, PagingForm form, Kind kind)
    {
        PagingProgram.Load(a, ebx, rbx, form.Target);
        if (kind == Kind.Fetch)
            PagingProgram.JumpB(a);
        else if (kind is Kind.Read or Kind.UserRead)
            a.mov(eax, PagingProgram.AtB(a));
        else
            a.mov(PagingProgram.AtB(a), ecx);
        a.@int(CaseWriter.DoneVector);
    }

    /// <summary>The four pointers of PAE paging.</summary>
    private static IEnumerable<Case> Pointers()
    {
        PagingForm form = PagingForm.Pae;
        int[] reserved = [1, 2, 5, 6, 7, 8, 51, 52, 62, 63], ignored = [3, 4, 9, 10, 11];
        foreach (int bit in (int[])[.. reserved, .. ignored])
        {
            yield return Pointer(form, $"MOV CR3, pointer with bit {bit}", 1 | (1ul << bit), ReloadCr3);
            yield return Pointer(form, $"MOV CR3, pointer with bit {bit} that is not present", 1ul << bit, ReloadCr3);
        }
        yield return Pointer(form, "CR4.PGE set, pointer with bit 1", 3, a => SetCr4(a, 0xA0));
        yield return Pointer(form, "CR4.PSE set, pointer with bit 1", 3, a => SetCr4(a, 0x30));
        yield return Pointer(form, "CR4.TSD set, pointer with bit 1", 3, a => SetCr4(a, 0x24));
        yield return Pointer(form, "CR0.CD set, pointer with bit 1", 3, a => SetCr0(a, 0xC000_0011));
        yield return Pointer(form, "CR0.WP set, pointer with bit 1", 3, a => SetCr0(a, 0x8001_0011));
        yield return new("pae: CR0.PG set, pointer with bit 1", c =>
        {
            form.Map(c);
            form.Set(c, PagingForm.Tables + 16, 3);
            form.Enable(c);
            c.Done();
        });
        yield return new("pae: pointer changed, no MOV CR3", c =>
        {
            form.Map(c);
            form.Enable(c);
            form.Set(c, PagingForm.Tables + 8, 0);
            c.A.invlpg(__[(uint)form.Target]);
            c.A.mov(eax, __dword_ptr[(uint)form.Target]);
            c.Done();
        });
        yield return new("pae: pointer changed, MOV CR3", c =>
        {
            form.Map(c);
            form.Enable(c);
            form.Set(c, PagingForm.Tables + 8, 0);
            ReloadCr3(c.A);
            c.A.mov(eax, __dword_ptr[(uint)form.Target]);
            c.Done();
        });
        yield return new("two-level: large bit with CR4.PSE=0", c =>
        {
            // What would be a large page at 4 MiB is a page table there.
            PagingForm.TwoLevel.Map(c);
            c.A.mov(__dword_ptr[PagingForm.Tables], (PagingForm.Tables + 0x2000) | 7u);
            c.A.mov(__dword_ptr[PagingForm.Tables + 4], (PagingForm.Tables + 0x3000) | 7u);
            c.A.mov(__dword_ptr[PagingForm.Tables + 0x400], (PagingForm.Tables + 0x1000) | 0x87u);
            c.A.mov(eax, 3);
            c.A.mov(edi, PagingForm.Tables + 0x2000);
            Label next = c.A.CreateLabel();
            c.A.Label(ref next);
            c.A.mov(__dword_ptr[edi], eax);
            c.A.add(edi, 4);
            c.A.add(eax, 0x1000);
            c.A.cmp(edi, PagingForm.Tables + 0x4000);
            c.A.jne(next);
            c.A.mov(ecx, PagingForm.Tables);
            c.A.mov(cr3, ecx);
            c.A.mov(ecx, 0x8000_0011);
            c.A.mov(cr0, ecx);
            c.A.mov(__dword_ptr[(uint)PagingForm.TwoLevel.Target], 0x1234);
            c.Done();
        }, Layout.Scratch, PagingForm.Tables + 0x400, PagingForm.Tables + 0x1C00);
    }

    private static Case Pointer(PagingForm form, string name, ulong pointer, Action<Assembler> reload) => new($"{form.Name}: {name}", c =>
    {
        form.Map(c);
        form.Enable(c);
        // The third, which maps nothing that is needed.
        form.Set(c, PagingForm.Tables + 16, (pointer & 1) != 0 ? (PagingForm.Tables + 0x2000) | pointer : pointer);
        reload(c.A);
        c.Done();
    });

    private static void ReloadCr3(Assembler a)
    {
        a.mov(eax, PagingForm.Tables);
        a.mov(cr3, eax);
    }

    private static void SetCr4(Assembler a, uint value)
    {
        a.mov(eax, value);
        a.mov(cr4, eax);
    }

    private static void SetCr0(Assembler a, uint value)
    {
        a.mov(eax, value);
        a.mov(cr0, eax);
    }
}
