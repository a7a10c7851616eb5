using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// What an exception becomes when its delivery fails (SDM volume 3, 6.15, tables 6-4 and 6-5): every first exception that ring 3 can raise
/// with every second that its gate can, and chains of three.
/// </summary>
internal static class DoubleFaultFamily
{
    private const ushort AbsentData = Selectors.Free, BadLdt = 0x7FC, BadTss = 0x90;
    private const uint TaskFlag = 8, AlignmentFlag = 0x4_0002, NestedFlag = 0x4002;
    private const byte SoftwareGate = 0x50;

    /// <summary>How a gate fails.</summary>
    private enum Second
    {
        BadGate,
        AbsentGate,
        BadStack,
        AbsentStack,
        UnmappedStack,
    }

    private sealed record First(string Name, byte Vector, Action<Assembler> Raise, uint Flags = 2);

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"double-faults-{mode}", mode,
    [
        .. Firsts(mode).SelectMany(first => Enum.GetValues<Second>().Select(second => One(mode, first, second))), .. Chains(mode),
    ]);

    private static IEnumerable<First> Firsts(int mode)
    {
        yield return new("#DE", 0, a => a.div(ecx));
        yield return new("#DB of INT1", 1, a => a.int1());
        yield return new("#BP of INT3", 3, a => a.int3());
        yield return new("#UD", 6, a => a.ud2());
        yield return new("#NM", 7, a => a.fnop());
        yield return new("#TS", 10, a => a.@int(SoftwareGate));
        yield return new("#NP", 11, a =>
        {
            a.mov(ax, AbsentData | 3);
            a.mov(ds, ax);
        });
        yield return new("#SS", 12, a =>
        {
            a.mov(ax, AbsentData | 3);
            a.mov(ss, ax);
        });
        yield return new("#GP", 13, a => a.hlt());
        yield return new("#PF", 14, a => a.mov(al, __byte_ptr[0x6000_0000]));
        yield return new("#AC", 17, a => a.mov(eax, PagingProgram.AtB(a, 1)), AlignmentFlag);
        yield return new("INT 50h", SoftwareGate, a => a.@int(SoftwareGate));
        if (mode == 64)
            yield break;
        yield return new("#OF of INTO", 4, a =>
        {
            a.mov(al, 0x7F);
            a.add(al, 1);
            a.into();
        });
        yield return new("#BR", 5, a =>
        {
            a.mov(eax, 5);
            a.bound(eax, __[ebx]);
        });
        yield return new("#TS of IRET", 10, a => a.iretd(), NestedFlag);
    }

    /// <summary>
    /// Gates fail by themselves, or lead to ring 1 (32-bit) or to an interrupt stack (64-bit) whose stack fails: what comes next goes to
    /// ring 0 and its good stack.
    /// </summary>
    private static Case One(int mode, First first, Second second) => new($"{first.Name}, then {Name(mode, second)}", c =>
    {
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.TwoLevel;
        Prepare(c, second);
        if (first.Name == "#TS")
            FailWithTaskSegment(c, mode);
        Spoil(c, first.Vector, second);
        Run(c, form, first);
    }, Layout.Ring0Stack - 4);

    private static string Name(int mode, Second second) => second switch
    {
        Second.BadGate => "#GP of its gate",
        Second.AbsentGate => "#NP of its gate",
        Second.BadStack => mode == 64 ? "#SS of its stack" : "#TS of its stack",
        Second.AbsentStack => mode == 64 ? "#TS of its stack" : "#SS of its stack",
        _ => "#PF of its stack",
    };

    private static void Run(CaseWriter c, PagingForm form, First first)
    {
        form.Map(c);
        PagingProgram.PlaceUser(c, a =>
        {
            PagingProgram.Load(a, ebx, rbx, PagingForm.UserWindow + Layout.Scratch);
            first.Raise(a);
            a.@int(CaseWriter.DoneVector);
        });
        form.Enable(c);
        if (c.Mode == 64)
            c.A.mov(rcx, cr0);
        else
            c.A.mov(ecx, cr0);
        c.A.or(ecx, TaskFlag | 0x4_0000);
        if (c.Mode == 64)
            c.A.mov(cr0, rcx);
        else
            c.A.mov(cr0, ecx);
        c.A.mov(ecx, 0);
        PagingProgram.EnterUser(c, first.Flags);
    }

    /// <summary>A data segment that is not present, and stacks that fail: of ring 1 in 32-bit guests, IST 1 in 64-bit ones.</summary>
    private static void Prepare(CaseWriter c, Second second)
    {
        Put(c, Layout.Gdt + AbsentData, DescriptorBits.Segment(0x72, 0, 0xF_FFFF, 0xC));
        if (c.Mode == 64)
        {
            ulong stack = second == Second.BadStack ? 0x8000_0000_0000ul : 0x60_0000_0000ul;
            Put(c, Layout.Tss + 0x24, stack);
            return;
        }
        ulong absentData1 = DescriptorBits.Segment(0x32, 0, 0xF_FFFF, 0xC);
        Put(c, Layout.Gdt + BadTss, absentData1);
        (uint pointer, ushort selector) = second switch
        {
            Second.BadStack => (Layout.Ring1Stack, Selectors.Data0),
            Second.AbsentStack => (Layout.Ring1Stack, (ushort)(BadTss | 1)),
            _ => (0x6000_1000u, Selectors.Data1),
        };
        c.A.mov(__dword_ptr[Layout.Tss + 12], pointer);
        c.A.mov(__dword_ptr[Layout.Tss + 16], (uint)selector);
    }

    /// <summary>INT 50h itself raises #TS: its stack cannot be had from the TSS.</summary>
    private static void FailWithTaskSegment(CaseWriter c, int mode)
    {
        if (mode == 64)
        {
            ShortenTss(c);
            SetGate(c, SoftwareGate, 0xEE, Selectors.Code0, 7);
            return;
        }
        c.A.mov(__dword_ptr[Layout.Tss + 24], (uint)Selectors.Data0);
        SetGate(c, SoftwareGate, 0xEE, Selectors.Code2, 0);
    }

    /// <summary>IST 7 lies beyond the limit of a TSS that is loaded anew.</summary>
    private static void ShortenTss(CaseWriter c)
    {
        Put(c, Layout.Gdt + Selectors.Tss, DescriptorBits.Segment(0x89, Layout.Tss, 0x53, 0));
        c.A.mov(eax, (uint)Selectors.Tss);
        c.A.ltr(ax);
        c.A.mov(eax, 0);
    }

    private static void Spoil(CaseWriter c, byte vector, Second second)
    {
        if (second == Second.BadGate)
        {
            SetGate(c, vector, 0xE2, Selectors.Code0, 0);
        }
        else if (second == Second.AbsentGate)
        {
            SetGate(c, vector, 0x6E, Selectors.Code0, 0);
        }
        else if (c.Mode == 64)
        {
            bool beyond = second == Second.AbsentStack;
            if (beyond)
                ShortenTss(c);
            SetGate(c, vector, 0xEE, Selectors.Code0, (byte)(beyond ? 7 : 1));
        }
        else
        {
            SetGate(c, vector, 0xEE, Selectors.Code1, 0);
        }
    }

    /// <summary>Changes selector and rights of a gate; its entry stays.</summary>
    private static void SetGate(CaseWriter c, byte vector, byte access, ushort selector, byte ist)
    {
        uint gate = Layout.Idt + ((uint)vector * (c.Mode == 64 ? 16u : 8));
        c.A.mov(__word_ptr[gate + 2], unchecked((short)selector));
        c.A.mov(__word_ptr[gate + 4], unchecked((short)((access << 8) | ist)));
    }

    private static void Put(CaseWriter c, uint address, ulong value)
    {
        c.A.mov(__dword_ptr[address], (uint)value);
        c.A.mov(__dword_ptr[address + 4], (uint)(value >> 32));
    }

    /// <summary>The first exception's gate fails, then the second's.</summary>
    private static IEnumerable<Case> Chains(int mode)
    {
        PagingForm form = mode == 64 ? PagingForm.FourLevel : PagingForm.TwoLevel;
        First[] firsts = [.. Firsts(mode).Where(first => first.Vector is 0 or 3 or 6 or 14 or SoftwareGate)];
        foreach (First first in firsts)
        {
            foreach ((string name, Second second, byte vector) in ((string, Second, byte)[])
                [("#GP", Second.BadGate, 13), ("#NP", Second.AbsentGate, 11), ("#PF", Second.UnmappedStack, 14)])
            {
                foreach (Second third in (Second[])[Second.BadGate, Second.AbsentGate, Second.UnmappedStack])
                {
                    yield return new($"{first.Name}, then {name}, then {Name(mode, third)}", c =>
                    {
                        Prepare(c, Second.UnmappedStack);
                        Spoil(c, first.Vector, second);
                        if (vector != first.Vector)
                            Spoil(c, vector, third);
                        Run(c, form, first);
                    }, Layout.Ring0Stack - 4);
                }
            }
        }
    }
}
