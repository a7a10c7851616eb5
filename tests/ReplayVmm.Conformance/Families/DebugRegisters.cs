using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What cases on breakpoints have in common: the debug registers, and accesses that hit (SDM volume 3, 18.2).</summary>
internal static class DebugRegisters
{
    /// <summary>DR7: a breakpoint's enable bits.</summary>
    public const uint Local = 1, Global = 2;
    /// <summary>DR7: a breakpoint's kind.</summary>
    public const int Execute = 0, Write = 1, Port = 2, ReadWrite = 3;
    /// <summary>A place in memory for breakpoints.</summary>
    public const uint Word = Layout.Scratch + 0x40;

    private static readonly AssemblerRegisterDR[] Registers = [dr0, dr1, dr2, dr3, dr4, dr5, dr6, dr7];

    /// <summary>DR7 with breakpoint <paramref name="n"/> enabled; <paramref name="length"/> as encoded.</summary>
    public static uint Enable(int n, int kind, int length, uint enable = Local) =>
        (enable << (2 * n)) | ((uint)(kind | (length << 2)) << (16 + (4 * n)));

    /// <summary>Writes a debug register; EAX is 0 afterwards.</summary>
    public static void SetDr(this CaseWriter c, int number, uint value)
    {
        c.A.mov(eax, value);
        c.MoveToDr(number);
        c.A.mov(eax, 0);
    }

    /// <summary>Moves EAX (RAX) to a debug register.</summary>
    public static void MoveToDr(this CaseWriter c, int number)
    {
        if (c.Mode == 64)
            c.A.mov(Registers[number], rax);
        else
            c.A.mov(Registers[number], eax);
    }

    /// <summary>Reads or writes ECX, CX or CL.</summary>
    public static void Access(this CaseWriter c, uint address, int size, bool write)
    {
        AssemblerMemoryOperand place = size switch { 1 => __byte_ptr[address], 2 => __word_ptr[address], _ => __dword_ptr[address] };
        switch (size)
        {
            case 1 when write: c.A.mov(place, cl); break;
            case 1: c.A.mov(cl, place); break;
            case 2 when write: c.A.mov(place, cx); break;
            case 2: c.A.mov(cx, place); break;
            default:
                if (write)
                    c.A.mov(place, ecx);
                else
                    c.A.mov(ecx, place);
                break;
        }
    }
}
