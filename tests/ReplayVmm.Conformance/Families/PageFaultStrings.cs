using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Page faults in the middle of repeated string instructions: the registers show the elements done, and RIP the instruction.
/// </summary>
internal static class PageFaultStrings
{
    private const ulong All = PagingForm.All, ReadOnly = 5, Absent = 0;
    private const uint Elsewhere = Layout.Scratch + 0x4000;

    /// <summary>Source or destination runs out of the window's first page into its second, or backwards into the first.</summary>
    public static IEnumerable<Case> Rows(PagingForm form)
    {
        ulong window = form.Target;
        (string Name, int Size, Action<Assembler> Code)[] moves =
        [
            ("REP MOVSB", 1, a => a.rep.movsb()), ("REP MOVSW", 2, a => a.rep.movsw()), ("REP MOVSD", 4, a => a.rep.movsd()),
        ];
        foreach ((string name, int size, Action<Assembler> code) in moves)
        {
            foreach (int done in (int[])[0, 1, 3])
            {
                uint at = 0x1000 - (uint)(done * size);
                yield return String(form, $"{name} from an absent page after {done}", All, Absent, window + at, Elsewhere, code);
                yield return String(form, $"{name} to an absent page after {done}", All, Absent, Elsewhere, window + at, code);
                yield return String(form, $"{name} to a read-only page after {done}", All, ReadOnly, Elsewhere, window + at, code);
            }
            if (size == 1)
                continue;
            yield return String(form, $"{name} from across a present and an absent page", All, Absent, window + 0x1001 - (uint)(3 * size), Elsewhere, code);
            yield return String(form, $"{name} to across a present and an absent page", All, Absent, Elsewhere, window + 0x1001 - (uint)(3 * size), code);
        }
        yield return String(form, "REP MOVSB from absent to absent", All, Absent, window + 0x1010, window + 0x1020, a => a.rep.movsb());
        yield return String(form, "REP MOVSB backwards to an absent page after 3", Absent, All, Elsewhere, window + 0x1002, Backwards(a => a.rep.movsb()));
        yield return String(form, "REP MOVSD backwards from an absent page after 2", Absent, All, window + 0x1004, Elsewhere, Backwards(a => a.rep.movsd()));
        yield return String(form, "REP STOSB to an absent page after 2", All, Absent, 0, window + 0xFFE, a => a.rep.stosb());
        yield return String(form, "REP STOSD across to an absent page after 1", All, Absent, 0, window + 0xFFA, a => a.rep.stosd());
        yield return String(form, "REP STOSD to a read-only page after 2", All, ReadOnly, 0, window + 0xFF8, a => a.rep.stosd());
        yield return String(form, "REP STOSD backwards to an absent page after 2", Absent, All, 0, window + 0x1004, Backwards(a => a.rep.stosd()));
        yield return String(form, "REP LODSB from an absent page after 2", All, Absent, window + 0xFFE, 0, a => a.rep.lodsb());
        yield return String(form, "LODSW across a present and an absent page", All, Absent, window + 0xFFF, 0, a => a.lodsw());
        yield return String(form, "STOSD to an absent page", Absent, All, 0, window, a => a.stosd());
        yield return String(form, "MOVSB from a present to an absent page", Absent, All, Elsewhere, window, a => a.movsb());
        yield return String(form, "REPE CMPSB into an absent second page after 2", All, Absent, Elsewhere, window + 0xFFE, Zeroed(a => a.repe.cmpsb()));
        yield return String(form, "REPE CMPSB out of an absent first page after 2", All, Absent, window + 0xFFE, Elsewhere, Zeroed(a => a.repe.cmpsb()));
        yield return String(form, "CMPSD, both absent", All, Absent, window + 0x1010, window + 0x1020, a => a.cmpsd());
        yield return String(form, "REPNE SCASB into an absent page after 2", All, Absent, 0, window + 0xFFE, a => a.repne.scasb());
        yield return String(form, "REP MOVSB of nothing from an absent page", Absent, All, window, window, a =>
        {
            a.mov(ecx, 0);
            a.rep.movsb();
        });
        yield return String(form, "REP INSB to an absent page", Absent, All, 0, window, a =>
        {
            a.mov(edx, 0x80);
            a.rep.insb();
        });
        yield return String(form, "REP OUTSB from an absent page after 2", All, Absent, window + 0xFFE, 0, a =>
        {
            a.mov(edx, 0x80);
            a.rep.outsb();
        });
        yield return String(form, "OUTSB across nothing", All, Absent, window + 0xFFF, 0, a =>
        {
            a.mov(edx, 0x80);
            a.outsb();
        });
    }

    private static Case String(PagingForm form, string name, ulong first, ulong second, ulong source, ulong destination, Action<Assembler> code) =>
        PageFaultFamily.One(form, name, first, second, a =>
        {
            PagingProgram.Load(a, esi, rsi, source);
            PagingProgram.Load(a, edi, rdi, destination);
            a.mov(ecx, 7);
            code(a);
            a.cld();
        }, user: false, Elsewhere);

    private static Action<Assembler> Backwards(Action<Assembler> code) => a =>
    {
        a.std();
        code(a);
    };

    /// <summary>Both sides equal, so that the comparison goes on.</summary>
    private static Action<Assembler> Zeroed(Action<Assembler> code) => a =>
    {
        a.mov(__word_ptr[PagingProgram.AtB(a, 0xFFE)], 0);
        code(a);
    };
}
