using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Who may do what with a page (SDM volume 3, 4.6), and the error codes of what they may not (4.7): rights taken away level by level, each
/// seen by each kind of access.
/// </summary>
internal static class PageRightsFamily
{
    private const uint Smep = 1 << 20, Smap = 1 << 21, AlignmentCheck = 1 << 18;
    private const ushort Ldt = Selectors.Free, InLdt = 7;

    private enum Kind
    {
        Read,
        Write,
        Fetch,
        LoadSegment,
        LoadSegmentFirst,
    }

    private sealed record Access(string Name, Kind Kind, bool User = false, bool Wp = false, uint Cr4 = 0, bool Ac = false);

    private sealed record Rights(string Name, Func<int, ulong> At);

    private static readonly Access[] Accesses =
    [
        new("supervisor read", Kind.Read),
        new("supervisor write, WP=0", Kind.Write),
        new("supervisor write, WP=1", Kind.Write, Wp: true),
        new("supervisor fetch", Kind.Fetch),
        new("user read", Kind.Read, User: true),
        new("user write", Kind.Write, User: true),
        new("user fetch", Kind.Fetch, User: true),
        new("supervisor fetch, SMEP", Kind.Fetch, Cr4: Smep),
        new("user fetch, SMEP", Kind.Fetch, User: true, Cr4: Smep),
        new("supervisor read, SMAP, AC=0", Kind.Read, Cr4: Smap),
        new("supervisor read, SMAP, AC=1", Kind.Read, Cr4: Smap, Ac: true),
        new("supervisor write, SMAP, AC=0, WP=0", Kind.Write, Cr4: Smap),
        new("supervisor write, SMAP, AC=1, WP=1", Kind.Write, Wp: true, Cr4: Smap, Ac: true),
        new("descriptor read at CPL 3", Kind.LoadSegment, User: true),
        new("descriptor read at CPL 3, SMAP, AC=1", Kind.LoadSegment, User: true, Cr4: Smap, Ac: true),
        new("descriptor read at CPL 0, SMAP, AC=1", Kind.LoadSegment, Cr4: Smap, Ac: true),
        new("descriptor accessed at CPL 3, WP=0", Kind.LoadSegmentFirst, User: true),
        new("descriptor accessed at CPL 3, WP=1", Kind.LoadSegmentFirst, User: true, Wp: true),
    ];

    /// <summary>All of a paging mode.</summary>
    public static Family Make(PagingForm form) =>
        new($"page-rights-{form.Name}", form.Mode, [.. RightsOf(form).SelectMany(rights => Accesses.Select(access => One(form, access, rights)))]);

    private static IEnumerable<Rights> RightsOf(PagingForm form)
    {
        const ulong All = PagingForm.All;
        yield return new("all rights", _ => All);
        for (int n = 0; n < form.Levels.Count; n++)
        {
            int level = n;
            yield return new($"U=0 in {form.Levels[n]}", at => at == level ? All & ~PagingForm.User : All);
            yield return new($"W=0 in {form.Levels[n]}", at => at == level ? All & ~PagingForm.Writable : All);
            if (form.Wide)
                yield return new($"NX in {form.Levels[n]}", at => at == level ? All | PagingForm.NoExecute : All);
            yield return new($"P=0 in {form.Levels[n]}", at => at == level ? All & ~PagingForm.Present : All);
        }
        yield return new("U=0 and W=0", _ => PagingForm.Present);
        if (form.Levels.Count > 1)
            yield return new($"U=0 in {form.Levels[0]}, W=0 in {form.Levels[^1]}", at => (at == 0 ? All & ~PagingForm.User : All) & (at > 0 ? ~2ul : ~0ul));
    }

    private static Case One(PagingForm form, Access access, Rights rights) => new($"{access.Name}, {rights.Name}", c =>
    {
        Assembler a = c.A;
        bool segment = access.Kind >= Kind.LoadSegment;
        if (segment)
            PrepareLdt(c, form, accessed: access.Kind == Kind.LoadSegment);
        else
            a.mov(__dword_ptr[Layout.Scratch], 0x9090_40CD);
        form.Map(c, rights.At);
        if (access.User)
            PagingProgram.PlaceUser(c, program => Perform(program, form, access.Kind));
        form.Enable(c, access.Wp, access.Cr4);
        if (access.User)
        {
            PagingProgram.EnterUser(c, access.Ac ? 2 | AlignmentCheck : 2);
            return;
        }
        if (access.Ac)
            a.stac();
        Perform(a, form, access.Kind);
    }, Layout.Scratch);

    private static void PrepareLdt(CaseWriter c, PagingForm form, bool accessed)
    {
        const uint Descriptor = Layout.Gdt + (Ldt & ~7u);
        ulong table = DescriptorBits.Segment(0x82, (uint)form.Target, 0xFF, 0);
        ulong segment = DescriptorBits.Segment((byte)(accessed ? 0xF3 : 0xF2), 0, 0xF_FFFF, 0xC);
        c.A.mov(__dword_ptr[Layout.Scratch], (uint)segment);
        c.A.mov(__dword_ptr[Layout.Scratch + 4], (uint)(segment >> 32));
        c.A.mov(__dword_ptr[Descriptor], (uint)table);
        c.A.mov(__dword_ptr[Descriptor + 4], (uint)(table >> 32));
        c.A.mov(__dword_ptr[Descriptor + 8], (uint)(form.Target >> 32));
        c.A.mov(eax, (uint)Ldt);
        c.A.lldt(ax);
    }

    private static void Perform(Assembler a, PagingForm form, Kind kind)
    {
        PagingProgram.Load(a, ebx, rbx, form.Target);
        switch (kind)
        {
            case Kind.Read:
                a.mov(eax, PagingProgram.AtB(a));
                break;
            case Kind.Write:
                a.mov(eax, 0x1234_5678);
                a.mov(PagingProgram.AtB(a), eax);
                break;
            case Kind.Fetch:
                PagingProgram.JumpB(a);
                break;
            default:
                a.mov(eax, (uint)InLdt);
                a.mov(es, eax);
                break;
        }
        a.@int(CaseWriter.DoneVector);
    }
}
