using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>What CR0 and CR4 make of x87, MMX and SSE instructions (SDM volume 3, tables 2-2, 13-1 and 14-1).</summary>
internal static class CoprocessorSwitches
{
    /// <summary>Every combination of MP, EM and TS, and #MF; the same in both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        for (uint bits = 0; bits < 8; bits++)
        {
            uint cr0 = 0x31 | (bits << 1);
            foreach ((string name, byte[] code) in (IEnumerable<(string, byte[])>)
                [
                    ("FNOP", [0xD9, 0xD0]), ("WAIT", [0x9B]), ("FNINIT", [0xDB, 0xE3]), ("EMMS", [0x0F, 0x77]),
                    ("FXSAVE", [0x0F, 0xAE, 0x07]), ("XORPS", [0x0F, 0x57, 0xC0]), ("LOCK FNOP", [0xF0, 0xD9, 0xD0]),
                    ("PREFETCHNTA", [0x0F, 0x18, 0x07]), ("LFENCE", [0x0F, 0xAE, 0xE8]), ("LDMXCSR of reserved bits", [0x0F, 0xAE, 0x17]),
                ])
            {
                foreach (bool extended in code.Length == 3 && name is not "LOCK FNOP" ? (bool[])[false, true] : [false])
                {
                    yield return new($"{name}, CR0 {Describe(bits)}{(extended ? ", CR4.OSFXSR" : "")}", c =>
                    {
                        c.A.mov(__dword_ptr[Layout.Scratch], -1);
                        if (Needs(name) is { } feature)
                            c.Need(feature);
                        if (extended)
                            c.SetCr4(0x200);
                        LoadCr0(c, cr0);
                        c.A.mov(edi, Layout.Scratch);
                        c.Raw(code);
                        c.Done();
                    });
                }
            }
        }
        foreach ((string name, byte[] code) in (IEnumerable<(string, byte[])>)
            [
                ("WAIT", [0x9B]), ("FNOP", [0xD9, 0xD0]), ("FNSTSW AX", [0xDF, 0xE0]), ("FNCLEX", [0xDB, 0xE2]), ("FLD1", [0xD9, 0xE8]),
                ("EMMS", [0x0F, 0x77]),
            ])
        {
            yield return new($"an unmasked x87 exception, then {name}", c =>
            {
                if (Needs(name) is { } feature)
                    c.Need(feature);
                LoadCr0(c, 0x31);
                c.A.mov(__word_ptr[Layout.Scratch], 0x37B);
                c.Raw(0xDB, 0xE3);
                c.A.fldcw(__word_ptr[Layout.Scratch]);
                // 1 / 0.
                c.Raw(0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9);
                c.Raw(code);
                c.A.mov(eax, 0);
                c.A.nop();
                c.Done();
            });
        }
    }

    private static CpuidBit? Needs(string name) => name switch
    {
        "EMMS" => CpuidBit.Mmx,
        "FXSAVE" => CpuidBit.Fxsr,
        "XORPS" or "LDMXCSR of reserved bits" => CpuidBit.Sse,
        _ => null,
    };

    private static string Describe(uint bits) => $"MP {bits & 1} EM {bits >> 1 & 1} TS {bits >> 2 & 1}";

    private static void LoadCr0(CaseWriter c, uint value)
    {
        c.A.mov(eax, value | (c.Mode == 64 ? 0x8000_0000 : 0));
        if (c.Mode == 64)
            c.A.mov(cr0, rax);
        else
            c.A.mov(cr0, eax);
        c.A.mov(eax, 0);
    }
}
