using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What cases under paging do again and again, in both modes.</summary>
internal static class PagingProgram
{
    /// <summary>Where programs of ring 3 lie in physical memory.</summary>
    public const uint UserCode = Layout.Scratch + 0x8000;

    /// <summary>Where ring 3 sees its program.</summary>
    public const uint UserEntry = PagingForm.UserWindow + UserCode;

    /// <summary>Where ring 3 sees its stack.</summary>
    public const uint UserStack = PagingForm.UserWindow + Layout.UserStack;

    /// <summary>The value into the full register.</summary>
    public static void Load(Assembler a, AssemblerRegister32 narrow, AssemblerRegister64 wide, ulong value)
    {
        if (a.Bitness == 64)
            a.mov(wide, value);
        else
            a.mov(narrow, (uint)value);
    }

    /// <summary>The operand at EBX or RBX.</summary>
    public static AssemblerMemoryOperand AtB(Assembler a, int displacement = 0) =>
        a.Bitness == 64 ? __[rbx + displacement] : __[ebx + displacement];

    /// <summary>Jumps to EBX or RBX.</summary>
    public static void JumpB(Assembler a)
    {
        if (a.Bitness == 64)
            a.jmp(rbx);
        else
            a.jmp(ebx);
    }

    /// <summary>The return from an interrupt of the mode's width.</summary>
    public static void InterruptReturn(Assembler a)
    {
        if (a.Bitness == 64)
            a.iretq();
        else
            a.iretd();
    }

    /// <summary>CR3 with what it holds; through ECX, which is 0 afterwards.</summary>
    public static void ReloadCr3(Assembler a)
    {
        if (a.Bitness == 64)
        {
            a.mov(rcx, cr3);
            a.mov(cr3, rcx);
        }
        else
        {
            a.mov(ecx, cr3);
            a.mov(cr3, ecx);
        }
        a.mov(ecx, 0);
    }

    /// <summary>
    /// Copies a program, assembled for <paramref name="linear"/>, to <paramref name="physical"/>; ECX, ESI and EDI are 0 afterwards.
    /// </summary>
    public static void Copy(CaseWriter c, string place, uint physical, ulong linear, Action<Assembler> program)
    {
        Assembler a = c.A;
        Label over = a.CreateLabel();
        a.jmp(over);
        c.Mark(place);
        byte[] bytes = Assembling.Bytes(c.Mode, linear, program);
        a.db(bytes);
        a.Label(ref over);
        a.mov(esi, c[place]);
        a.mov(edi, physical);
        a.mov(ecx, (uint)bytes.Length);
        a.rep.movsb();
        a.mov(esi, 0);
        a.mov(edi, 0);
    }

    /// <summary>Puts a program of ring 3 in place; before paging is on, or where memory is mapped one to one.</summary>
    public static void PlaceUser(CaseWriter c, Action<Assembler> program) => Copy(c, "user", UserCode, UserEntry, program);

    /// <summary>
    /// Goes to ring 3 with flags <paramref name="flags"/>, data segments of ring 3 and every register 0 that was 0 before.
    /// </summary>
    public static void EnterUser(CaseWriter c, uint flags = 2)
    {
        Assembler a = c.A;
        a.mov(eax, (uint)Selectors.Data3);
        a.mov(ds, eax);
        a.mov(es, eax);
        a.mov(eax, 0);
        a.push(Selectors.Data3);
        a.push((int)UserStack);
        a.push((int)flags);
        a.push(Selectors.Code3);
        a.push((int)UserEntry);
        InterruptReturn(a);
    }

    /// <summary>
    /// Ends the case as one that the machine does not offer, where a bit of CPUID is 0;
    /// or 1, for cases about what is not <paramref name="there"/>.
    /// </summary>
    public static void Require(CaseWriter c, uint leaf, AssemblerRegister32 register, int bit, bool there = true)
    {
        Assembler a = c.A;
        Label offered = a.CreateLabel();
        a.mov(eax, leaf);
        a.mov(ecx, 0);
        a.cpuid();
        a.bt(register, (sbyte)bit);
        a.mov(eax, 0);
        a.mov(ecx, 0);
        a.mov(edx, 0);
        a.mov(ebx, 0);
        if (there)
            a.jc(offered);
        else
            a.jnc(offered);
        a.mov(eax, Comparison.AbsentMark);
        c.Done();
        a.Label(ref offered);
        // BT leaves flags that the manual does not define.
        a.push(2);
        if (a.Bitness == 64)
            a.popfq();
        else
            a.popfd();
    }
}
