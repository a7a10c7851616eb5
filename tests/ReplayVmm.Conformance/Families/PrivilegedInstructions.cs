using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Which ring may run what, and what CR4 changes of that (SDM volume 2; volume 3, 2.5 and 5.9).</summary>
internal static class PrivilegedInstructions
{
    /// <summary>The same in both modes.</summary>
    public static IEnumerable<Case> Make() => [.. Rings(), .. Switched()];

    /// <summary>In rings 0, 1 and 3, with IOPL 0 and no I/O permissions.</summary>
    private static IEnumerable<Case> Rings()
    {
        (string Name, byte[] Code)[] rows =
        [
            ("CLTS", [0x0F, 0x06]), ("INVD", [0x0F, 0x08]), ("WBINVD", [0x0F, 0x09]), ("INVLPG", [0x0F, 0x01, 0x38]),
            ("INVLPG of a register", [0x0F, 0x01, 0xFA]), ("LMSW EBX", [0x0F, 0x01, 0xF3]), ("LGDT of a register", [0x0F, 0x01, 0xD3]),
            ("LLDT CX", [0x0F, 0x00, 0xD1]), ("MOV EDX, CR0", [0x0F, 0x20, 0xC2]), ("MOV EDX, CR1", [0x0F, 0x20, 0xCA]),
            ("MOV EDX, CR2", [0x0F, 0x20, 0xD2]), ("MOV EDX, CR5", [0x0F, 0x20, 0xEA]), ("MOV CR7, EAX", [0x0F, 0x22, 0xF8]),
            ("MOV EDX, DR0", [0x0F, 0x21, 0xC2]), ("HLT with LOCK", [0xF0, 0xF4]), ("CLI", [0xFA]), ("STI", [0xFB]),
            ("IN AL, E4h", [0xE4, 0xE4]), ("OUT DX, AL", [0xEE]), ("INSB", [0x6C]), ("OUTSB", [0x6E]),
            ("REP INSB with a count of 0", [0xF3, 0x6C]), ("LTR CX", [0x0F, 0x00, 0xD9]), ("RSM", [0x0F, 0xAA]),
            ("UD0", [0x0F, 0xFF, 0xC0]), ("UD1", [0x0F, 0xB9, 0xC0]),
        ];
        foreach ((string name, byte[] code) in rows)
        {
            foreach (int ring in (int[])[0, 1, 3])
            {
                // In ring 0 other cases are about LMSW and LTR, and what the port answers is the machine's choice.
                if (ring == 0 && name is ("LMSW EBX" or "LTR CX" or "IN AL, E4h"))
                    continue;
                yield return new($"{name}, CPL {ring}", c =>
                {
                    c.A.mov(edi, Layout.Scratch);
                    c.A.mov(esi, Layout.Scratch);
                    c.A.mov(edx, 0xE4);
                    c.RingWithData(ring);
                    c.Raw(code);
                    c.A.mov(edx, 0);
                    c.Done();
                })
                {
                    NotOn = ring == 0 && name == "HLT with LOCK" ? ["QEMU"] : [],
                };
            }
        }
    }

    /// <summary>What CR4 switches on and off.</summary>
    private static IEnumerable<Case> Switched()
    {
        (string Name, byte[] Code, uint Bit, string Switch)[] rows =
        [
            ("RDTSC", [0x0F, 0x31], 4, "TSD"), ("RDTSCP", [0x0F, 0x01, 0xF9], 4, "TSD"), ("RDPMC", [0x0F, 0x33], 0x100, "PCE"),
            ("SGDT", [0x0F, 0x01, 0x07], 0x800, "UMIP"), ("SIDT", [0x0F, 0x01, 0x0F], 0x800, "UMIP"),
            ("SLDT EAX", [0x0F, 0x00, 0xC0], 0x800, "UMIP"), ("STR EAX", [0x0F, 0x00, 0xC8], 0x800, "UMIP"),
            ("SMSW EAX", [0x0F, 0x01, 0xE0], 0x800, "UMIP"), ("RDFSBASE EAX", [0xF3, 0x0F, 0xAE, 0xC0], 0x1_0000, "FSGSBASE"),
            ("WRGSBASE EAX", [0xF3, 0x0F, 0xAE, 0xD8], 0x1_0000, "FSGSBASE"), ("XGETBV", [0x0F, 0x01, 0xD0], 0x4_0000, "OSXSAVE"),
            ("XGETBV of register 2", [0xB9, 2, 0, 0, 0, 0x0F, 0x01, 0xD0], 0x4_0000, "OSXSAVE"),
            ("XSETBV of 0", [0x31, 0xC0, 0x31, 0xD2, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"),
            ("XSETBV of bit 2 alone", [0xB8, 5, 0, 0, 0, 0x31, 0xD2, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"),
            ("XSETBV of bit 63", [0xB8, 1, 0, 0, 0, 0xBA, 0, 0, 0, 0x80, 0x0F, 0x01, 0xD1], 0x4_0000, "OSXSAVE"),
        ];
        foreach ((string name, byte[] code, uint bit, string flag) in rows)
        {
            foreach (bool on in (bool[])[false, true])
            {
                foreach (int ring in (int[])[0, 3])
                {
                    // Which counters there are is a model's choice, where reading is allowed.
                    if (name == "RDPMC" && (on || ring == 0))
                        continue;
                    yield return new($"{name} with CR4.{flag} {(on ? 1 : 0)}, CPL {ring}", c =>
                    {
                        if (on && flag == "OSXSAVE")
                            c.Need(CpuidBit.Xsave);
                        if (on && flag == "UMIP")
                            c.Need(CpuidBit.Umip);
                        if (on)
                            c.SetCr4(bit);
                        c.RingWithData(ring);
                        c.A.mov(edi, Layout.Scratch);
                        c.Raw(code);
                        c.ClearPair();
                        c.PlainFlags();
                        c.Done();
                    });
                }
            }
        }
    }
}
