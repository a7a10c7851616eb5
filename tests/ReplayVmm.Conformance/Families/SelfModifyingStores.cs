using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Ways to change a MOV EAX, 1 that stands at a known address.</summary>
internal static class SelfModifyingStores
{
    /// <summary>Their names and what they do; the length of each depends on the mode alone.</summary>
    public static IEnumerable<(string Name, Action<Assembler, uint> Store)> All()
    {
        yield return ("MOV of a byte", (a, x) => a.mov(__byte_ptr[x + 1], 7));
        yield return ("MOV of the immediate", (a, x) => a.mov(__dword_ptr[x + 1], 0x0102_0304));
        yield return ("MOV of the opcode", (a, x) => a.mov(__byte_ptr[x], unchecked((sbyte)0xB9)));
        yield return ("MOV of its last byte but one", (a, x) => a.mov(__byte_ptr[x + 3], 7));
        yield return ("MOV into UD2", (a, x) => a.mov(__word_ptr[x], 0x0B0F));
        yield return ("ADD", (a, x) => a.add(__byte_ptr[x + 1], 6));
        yield return ("LOCK ADD", (a, x) => a.@lock.add(__dword_ptr[x + 1], 6));
        yield return ("BTS", (a, x) =>
        {
            a.bts(__dword_ptr[x + 1], 9);
            a.cmp(ecx, ecx);
        }
        );
        yield return ("XCHG", (a, x) =>
        {
            a.mov(edx, 0x77);
            a.xchg(__[x + 1], edx);
        }
        );
        yield return ("CMPXCHG", (a, x) =>
        {
            a.mov(edx, 0x77);
            a.mov(eax, 1);
            a.cmpxchg(__[x + 1], edx);
        }
        );
        yield return ("MOVSD", (a, x) =>
        {
            Prepare(a, x);
            a.movsd();
        }
        );
        yield return ("REP MOVSB", (a, x) =>
        {
            Prepare(a, x);
            a.mov(ecx, 4);
            a.rep.movsb();
        }
        );
        yield return ("REP STOSB", (a, x) =>
        {
            Prepare(a, x);
            a.mov(ecx, 3);
            a.mov(eax, 5);
            a.rep.stosb();
        }
        );
        yield return ("PUSH", (a, x) =>
        {
            a.mov(edx, esp);
            a.mov(esp, x + (a.Bitness == 64 ? 9u : 5));
            // As wide as the stack: in 64-bit mode the four bytes behind the immediate are what they were only if it is copied whole.
            if (a.Bitness == 64)
            {
                a.mov(rcx, __[(ulong)(x + 1)]);
                a.mov(cl, 0x33);
                a.push(rcx);
            }
            else
            {
                a.push(0x1234);
            }
            a.mov(esp, edx);
        }
        );
        yield return ("FNSTCW", (a, x) =>
        {
            a.fninit();
            a.fnstcw(__word_ptr[x + 1]);
        }
        );
        yield return ("MOV and a jump", (a, x) =>
        {
            a.mov(__byte_ptr[x + 1], 7);
            Label here = a.CreateLabel();
            a.jmp(here);
            a.Label(ref here);
            a.nop();
        }
        );
        yield return ("MOV and CPUID", (a, x) =>
        {
            a.mov(__byte_ptr[x + 1], 7);
            a.mov(eax, 0);
            a.cpuid();
            a.mov(ebx, 0);
            a.mov(ecx, 0);
            a.mov(edx, 0);
        }
        );
    }

    /// <summary>ESI at four bytes that are known, EDI at the immediate.</summary>
    private static void Prepare(Assembler a, uint x)
    {
        const uint Source = Layout.Scratch + 0x6000;
        a.mov(__dword_ptr[Source], 0x0606_0606);
        a.mov(esi, Source);
        a.mov(edi, x + 1);
    }
}
