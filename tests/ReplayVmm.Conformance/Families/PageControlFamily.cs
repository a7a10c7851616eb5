using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Values that the control registers of paging do not take (SDM volume 3, 2.5, 4.1 and 4.10.1), process-context identifiers
/// and INVPCID, linear addresses that wrap or are not canonical.
/// </summary>
internal static class PageControlFamily
{
    /// <summary>Bits of CR4 that no processor of these models has; CPUID would have to show them.</summary>
    public static IReadOnlyList<int> UndefinedBits { get; } = [15, 19, 26, 30, 31];

    /// <summary>In both modes.</summary>
    public static Family Make(int mode) =>
        new($"page-control-{mode}", mode, [.. mode == 64 ? PageControlLong.Rows() : Rows32(), .. Addresses(mode)]);

    private static IEnumerable<Case> Rows32()
    {
        foreach ((string name, uint value) in ((string, uint)[])
        [
            ("PG without PE", 0x8000_0010), ("NW without CD", 0x2000_0011), ("CD", 0x4000_0011), ("CD and NW", 0x6000_0011),
            ("undefined bits", 0x0FE0_FFD1),
        ])
        {
            yield return new($"CR0 = {name}", c =>
            {
                c.A.mov(eax, value & ~0x8u);
                c.A.mov(cr0, eax);
                c.A.mov(ecx, cr0);
                c.A.mov(eax, 0x11);
                c.A.mov(cr0, eax);
                c.Done();
            });
        }
        yield return new("CR0.PG with LME and without PAE", c =>
        {
            SetEfer(c.A, 0x100);
            PagingForm.TwoLevel.Map(c);
            c.A.mov(eax, PagingForm.Tables);
            c.A.mov(cr3, eax);
            c.A.mov(eax, 0x8000_0011);
            c.A.mov(cr0, eax);
            c.Done();
        });
        yield return new("CR4.PCIDE outside IA-32e mode", c =>
        {
            PagingProgram.Require(c, 1, ecx, 17);
            c.A.mov(eax, 0x2_0000);
            c.A.mov(cr4, eax);
            c.Done();
        });
        foreach (int bit in UndefinedBits)
        {
            yield return new($"CR4 bit {bit}", c =>
            {
                c.A.mov(eax, 1u << bit);
                c.A.mov(cr4, eax);
                c.Done();
            })
            {
                NotOn = ["QEMU"],
            };
        }
        yield return new("CR4.PKS without the feature", c =>
        {
            PagingProgram.Require(c, 7, ecx, 31, there: false);
            c.A.mov(eax, 1u << 24);
            c.A.mov(cr4, eax);
            c.Done();
        });
        yield return new("CR3 keeps its bits", c =>
        {
            c.A.mov(eax, 0x40_0FFF);
            c.A.mov(cr3, eax);
            c.A.mov(ecx, cr3);
            c.Done();
        });
        yield return new("CR4.PAE set under paging", c =>
        {
            // The same page is a directory of the one mode and holds pointers of the other that are not valid.
            PagingForm.TwoLevel.Map(c);
            PagingForm.TwoLevel.Enable(c);
            c.A.mov(eax, 0x30);
            c.A.mov(cr4, eax);
            c.Done();
        });
        yield return new("LME set under paging", c =>
        {
            PagingForm.Pae.Map(c);
            PagingForm.Pae.Enable(c);
            SetEfer(c.A, 0x100);
            c.Done();
        });
        yield return User("MOV CR3 at CPL 3", a => a.mov(cr3, eax));
        yield return User("MOV from CR0 at CPL 3", a => a.mov(eax, cr0));
        yield return User("INVLPG at CPL 3", a => a.invlpg(__[eax]));
    }

    /// <summary>The program in ring 3, under paging; <paramref name="first"/> runs before everything else.</summary>
    internal static Case User(string name, Action<Assembler> code, Action<CaseWriter>? first = null) => new(name, c =>
    {
        first?.Invoke(c);
        PagingForm form = c.Mode == 64 ? PagingForm.FourLevel : PagingForm.Pae;
        form.Map(c);
        PagingProgram.PlaceUser(c, a =>
        {
            code(a);
            a.@int(CaseWriter.DoneVector);
        });
        form.Enable(c);
        PagingProgram.EnterUser(c);
    });

    /// <summary>Writes IA32_EFER; ECX is its number then, EAX and EDX the value.</summary>
    internal static void SetEfer(Assembler a, ulong value)
    {
        a.mov(ecx, Msr.Efer);
        a.mov(edx, (uint)(value >> 32));
        a.mov(eax, (uint)value);
        a.wrmsr();
    }

    private static IEnumerable<Case> Addresses(int mode) => mode == 64 ? PageAddresses.Canonical() : PageAddresses.Wrapping();
}
