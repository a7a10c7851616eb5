using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// What a page fault leaves (SDM volume 3, 4.7 and 6.15): error code, CR2, registers and memory of instructions that fault half-way. The
/// window has two pages; the second is not present, or read-only, or both as a row says.
/// </summary>
internal static class PageFaultFamily
{
    private const uint First = Layout.Scratch, Second = Layout.Scratch + 0x1000;
    private const ulong All = PagingForm.All, ReadOnly = 5, Absent = 0, NeverExecute = All | PagingForm.NoExecute;

    /// <summary>In both modes.</summary>
    public static Family Make(int mode)
    {
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.Pae;
        return new($"page-faults-{mode}", mode,
        [
            .. Across(form), .. Modifying(form), .. PageFaultStacks.Rows(form), .. PageFaultStrings.Rows(form), .. Fetches(form),
            .. Others(form),
        ]);
    }

    /// <summary>
    /// A case at CPL 0 (CR0.WP=1) or, without data segments of ring 0, at CPL 3. EBX is the window; the words at its page border are known.
    /// </summary>
    internal static Case One(
        PagingForm form, string name, ulong first, ulong second, Action<Assembler> access, bool user = false, params ReadOnlySpan<uint> more) =>
        new(user ? $"user {name}" : name, c =>
        {
            c.A.mov(__dword_ptr[First], 0x1111_1111);
            c.A.mov(__dword_ptr[First + 0xFF8], 0x2222_2222);
            c.A.mov(__dword_ptr[First + 0xFFC], 0x3333_3333);
            c.A.mov(__dword_ptr[Second], 0x4444_4444);
            form.Map(c, level => level == form.Levels.Count - 1 ? first : All);
            form.Set(c, form.Leaf + form.EntrySize, second == Absent ? 0 : Second | second);
            void Access(Assembler a)
            {
                PagingProgram.Load(a, ebx, rbx, form.Target);
                access(a);
                a.@int(CaseWriter.DoneVector);
            }
            if (user)
                PagingProgram.PlaceUser(c, Access);
            form.Enable(c, wp: true);
            c.A.mov(eax, 0x5555_AAAA);
            if (user)
                PagingProgram.EnterUser(c);
            else
                Access(c.A);
        }, [First, First + 0xFF8, First + 0xFFC, Second, .. more]);

    private static IEnumerable<Case> Across(PagingForm form)
    {
        (string Name, ulong Rights)[] pages = [("present", All), ("absent", Absent), ("read-only", ReadOnly)];
        foreach ((string firstName, ulong first) in pages)
        {
            foreach ((string secondName, ulong second) in pages)
            {
                string where = $"{firstName} and {secondName} pages";
                yield return One(form, $"read across {where}", first, second, a => a.mov(ecx, PagingProgram.AtB(a, 0xFFD)));
                yield return One(form, $"write across {where}", first, second, a => a.mov(PagingProgram.AtB(a, 0xFFD), eax));
                yield return One(form, $"read of a word across {where}", first, second, a => a.mov(cx, PagingProgram.AtB(a, 0xFFF)));
                yield return One(form, $"exchange across {where}", first, second, a => a.xchg(PagingProgram.AtB(a, 0xFFE), eax));
                yield return One(form, $"read across {where}", first, second, a => a.mov(ecx, PagingProgram.AtB(a, 0xFFD)), user: true);
                yield return One(form, $"write across {where}", first, second, a => a.mov(PagingProgram.AtB(a, 0xFFD), eax), user: true);
            }
        }
        yield return One(form, "write of the last byte before an absent page", All, Absent, a => a.mov(PagingProgram.AtB(a, 0xFFF), al));
        yield return One(form, "read of the first byte of an absent page", All, Absent, a => a.mov(cl, PagingProgram.AtB(a, 0x1000)));
        yield return One(form, "read inside an absent page", All, Absent, a => a.mov(ecx, PagingProgram.AtB(a, 0x1234)));
    }

    /// <summary>Instructions that load and store: the fault says W, also where the load is what fails.</summary>
    private static IEnumerable<Case> Modifying(PagingForm form)
    {
        (string Name, Action<Assembler> Write)[] instructions =
        [
            ("ADD", a => a.add(PagingProgram.AtB(a), eax)),
            ("ADC byte", a => a.adc(PagingProgram.AtB(a), al)),
            ("AND immediate", a => a.and(__dword_ptr[PagingProgram.AtB(a)], 1)),
            ("INC", a => a.inc(__dword_ptr[PagingProgram.AtB(a)])),
            ("NOT", a => a.not(__dword_ptr[PagingProgram.AtB(a)])),
            ("NEG", a => a.neg(__word_ptr[PagingProgram.AtB(a)])),
            ("SHL", a => a.shl(__dword_ptr[PagingProgram.AtB(a)], 3)),
            ("SHL by 0", a => a.shl(__dword_ptr[PagingProgram.AtB(a)], cl)),
            ("SHLD", a => a.shld(__dword_ptr[PagingProgram.AtB(a)], eax, 3)),
            ("XCHG", a => a.xchg(PagingProgram.AtB(a), eax)),
            ("XADD", a => a.xadd(PagingProgram.AtB(a), eax)),
            ("CMPXCHG that does not match", a => a.cmpxchg(PagingProgram.AtB(a), edx)),
            ("LOCK CMPXCHG that does not match", a => a.@lock.cmpxchg(PagingProgram.AtB(a), edx)),
            ("LOCK OR", a => a.@lock.or(__dword_ptr[PagingProgram.AtB(a)], 2)),
            ("CMPXCHG8B", a => a.cmpxchg8b(PagingProgram.AtB(a))),
            ("BTS", a => a.bts(__dword_ptr[PagingProgram.AtB(a)], 0)),
            ("BTR register", a => a.btr(PagingProgram.AtB(a), edx)),
            ("BT", a => a.bt(__dword_ptr[PagingProgram.AtB(a)], 0)),
            ("CMP", a => a.cmp(PagingProgram.AtB(a), eax)),
            ("TEST", a => a.test(PagingProgram.AtB(a), eax)),
            ("MOV immediate", a => a.mov(__dword_ptr[PagingProgram.AtB(a)], 7)),
            ("SETZ", a => a.setz(__byte_ptr[PagingProgram.AtB(a)])),
            ("CMOVZ that does not move", a => a.cmovz(edx, PagingProgram.AtB(a))),
            ("MUL", a => a.mul(__dword_ptr[PagingProgram.AtB(a)])),
            ("DIV", a => a.div(__dword_ptr[PagingProgram.AtB(a)])),
        ];
        foreach ((string name, Action<Assembler> write) in instructions)
        {
            yield return One(form, $"modify: {name} in an absent page", Absent, All, a => WithKnownFlags(a, write));
            yield return One(form, $"modify: {name} in a read-only page", ReadOnly, All, a => WithKnownFlags(a, write), user: true);
        }
        if (form.Mode == 64)
            yield return One(form, "modify: CMPXCHG16B in an absent page", Absent, All, a => a.cmpxchg16b(PagingProgram.AtB(a)));
        yield return One(form, "modify: ADD across present and absent pages", All, Absent, a => a.add(PagingProgram.AtB(a, 0xFFD), eax));
        yield return One(form, "modify: ADD across present and read-only pages", All, ReadOnly, a => a.add(PagingProgram.AtB(a, 0xFFD), eax));
        yield return One(form, "modify: CMPXCHG8B across present and absent pages", All, Absent, a => a.cmpxchg8b(PagingProgram.AtB(a, 0xFFC)));
        yield return One(form, "modify: BTS with a far bit offset", All, Absent, a =>
        {
            a.mov(edx, 0x8000);
            a.bts(PagingProgram.AtB(a), edx);
        });
        yield return One(form, "modify: BTS with a negative bit offset", All, All, a =>
        {
            a.mov(edx, unchecked((uint)-1));
            a.bts(PagingProgram.AtB(a), edx);
        });
    }

    /// <summary>What follows changes flags in ways that the manual leaves open: the case ends with flags of its own.</summary>
    private static void WithKnownFlags(Assembler a, Action<Assembler> write)
    {
        write(a);
        a.cmp(eax, eax);
    }

    private static IEnumerable<Case> Fetches(PagingForm form)
    {
        byte[] longMove = [0xB8, 0x78, 0x56, 0x34, 0x12, 0xCD, 0x40];
        foreach ((string name, ulong second) in ((string, ulong)[])[("a present", All), ("an absent", Absent), ("a never-execute", NeverExecute)])
        {
            foreach (bool user in (bool[])[false, true])
            {
                yield return Fetch(form, $"fetch across into {name} page", 0xFFE, longMove, second, user);
                yield return Fetch(form, $"fetch of the instruction behind, in {name} page", 0xFFB, longMove, second, user);
                yield return Fetch(form, $"jump into {name} page", 0x1002, [0x90, 0xCD, 0x40], second, user);
                // The first instruction goes to the border and no further.
                yield return Fetch(form, $"prefixes across into {name} page", 0xFFD, [0x66, 0x66, 0x66, 0x90, 0xCD, 0x40], second, user);
            }
        }
    }

    private static Case Fetch(PagingForm form, string name, int offset, byte[] code, ulong second, bool user) => new(user ? $"user {name}" : name, c =>
    {
        for (int n = 0; n < code.Length; n++)
            c.A.mov(__byte_ptr[First + (uint)(offset + n)], unchecked((sbyte)code[n]));
        form.Map(c);
        form.Set(c, form.Leaf + form.EntrySize, second == Absent ? 0 : Second | second);
        void Access(Assembler a)
        {
            PagingProgram.Load(a, ebx, rbx, form.Target + (uint)offset);
            PagingProgram.JumpB(a);
        }
        if (user)
            PagingProgram.PlaceUser(c, Access);
        form.Enable(c);
        if (user)
            PagingProgram.EnterUser(c);
        else
            Access(c.A);
    });

    private static IEnumerable<Case> Others(PagingForm form)
    {
        yield return One(form, "SGDT across present and absent pages", All, Absent, a => a.sgdt(PagingProgram.AtB(a, 0xFFE)));
        yield return One(form, "SIDT into a read-only page", ReadOnly, All, a => a.sidt(PagingProgram.AtB(a)));
        yield return One(form, "LGDT across present and absent pages", All, Absent, a => a.lgdt(PagingProgram.AtB(a, 0xFFE)));
        yield return One(form, "LIDT in an absent page", Absent, All, a => a.lidt(PagingProgram.AtB(a)));
        yield return One(form, "STR into an absent page", Absent, All, a => a.str(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "LMSW in an absent page", Absent, All, a => a.lmsw(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "SMSW into a read-only page", ReadOnly, All, a => a.smsw(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "LTR in an absent page", Absent, All, a => a.ltr(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "MOV DS in an absent page", Absent, All, a => a.mov(ds, PagingProgram.AtB(a)));
        yield return One(form, "MOV of DS to a read-only page", ReadOnly, All, a => a.mov(PagingProgram.AtB(a), ds));
        yield return One(form, "VERW in an absent page", Absent, All, a => a.verw(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "INVLPG in an absent page", Absent, All, a => a.invlpg(PagingProgram.AtB(a)));
        yield return One(form, "LFS across present and absent pages", All, Absent, a => a.lfs(ecx, PagingProgram.AtB(a, 0xFFC)));
        yield return One(form, "indirect jump in an absent page", Absent, All, a => a.jmp(
            form.Mode == 64 ? __qword_ptr[PagingProgram.AtB(a)] : __dword_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "indirect far jump across present and absent pages", All, Absent, a => a.jmp(__fword_ptr[PagingProgram.AtB(a, 0xFFC)]));
        yield return One(form, "indirect far call in an absent page", Absent, All, a => a.call(__fword_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "XLAT in an absent page", Absent, All, a => a.xlatb());
        yield return One(form, "FLD in an absent page", Absent, All, a => a.fld(__qword_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "FNSTCW into a read-only page", ReadOnly, All, a => a.fnstcw(__word_ptr[PagingProgram.AtB(a)]));
        yield return One(form, "FNSTENV across present and absent pages", All, Absent, a => a.fnstenv(__[PagingProgram.AtB(a, 0xFF8)]));
    }
}
