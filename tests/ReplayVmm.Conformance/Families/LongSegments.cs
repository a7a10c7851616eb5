using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Segment registers in 64-bit mode (SDM volume 3, 3.4.4 and 5.2.1; volume 2, MOV, POP, LSS).</summary>
internal static class LongSegments
{
    private const ushort Free = Selectors.Free;

    private static readonly (string Name, byte Access, byte Flags)[] Kinds =
    [
        ("read-only data", 0x90, 0xC), ("read-only data, accessed", 0x91, 0xC), ("expand-down data", 0x96, 0xC), ("data with L", 0x92, 0xA),
        ("execute-only code", 0x98, 0xA), ("readable code", 0x9A, 0xA), ("readable code with L and D", 0x9A, 0xE),
        ("conforming code", 0x9E, 0xA), ("compatibility code", 0x9A, 0xC), ("DPL 3 data", 0xF2, 0xC), ("absent data", 0x12, 0xC),
        ("absent execute-only code", 0x18, 0xA), ("LDT", 0x82, 0), ("call gate", 0x8C, 0), ("nothing", 0, 0),
    ];

    /// <summary>The family.</summary>
    public static Family Make() =>
        new("long-segments", 64, [.. NullStacks(), .. Loads(), .. FarLoads(), .. Bases(), .. Opcodes(), .. LongTables.Make()]);

    private static IEnumerable<Case> NullStacks()
    {
        for (int cpl = 0; cpl < 4; cpl++)
        {
            for (int rpl = 0; rpl < 4; rpl++)
            {
                (int ring, int selector) = (cpl, rpl);
                yield return new($"null selector in SS, RPL {rpl}, CPL {cpl}", c =>
                {
                    c.Ring(ring);
                    c.A.mov(ecx, selector);
                    c.A.mov(ss, ecx);
                    c.A.push(7);
                    c.A.mov(edx, ss);
                    c.Done();
                });
            }
        }
        for (int cpl = 0; cpl < 4; cpl += 3)
        {
            int ring = cpl;
            yield return new($"null selector in SS in compatibility mode, CPL {cpl}", c =>
            {
                c.Compatibility(ring);
                c.Embed(32, c["narrow"], a =>
                {
                    a.mov(ecx, ring);
                    a.mov(ss, ecx);
                    a.@int(unchecked((sbyte)CaseWriter.DoneVector));
                });
            });
        }
    }

    private static IEnumerable<Case> Loads()
    {
        foreach (AssemblerRegisterSegment segment in (AssemblerRegisterSegment[])[ss, ds, fs])
        {
            foreach ((string name, byte access, byte flags) in Kinds)
            {
                yield return new($"{segment.Value} takes {name}", c =>
                {
                    c.Descriptor(Free, DescriptorBits.Segment(access, 0, 0xF_FFFF, flags));
                    c.A.mov(ecx, Free);
                    c.A.mov(segment, ecx);
                    c.A.mov(edx, segment);
                    c.Done();
                }, Layout.Gdt + Free + 4);
            }
        }
        (string Name, int Ring, ushort Selector)[] rows =
        [
            ("DPL 0 data at CPL 3", 3, Selectors.Data0), ("DPL 0 data with RPL 3 at CPL 3", 3, Selectors.Data0 | 3),
            ("DPL 3 data with RPL 0 at CPL 3", 3, Selectors.Data3 & ~3), ("DPL 3 data at CPL 0", 0, Selectors.Data3),
            ("DPL 1 data with RPL 2 at CPL 0", 0, (Selectors.Data1 & ~3) | 2), ("a selector beyond the GDT", 0, 0x1000),
            ("a selector of the LDT that is not there", 0, 0x84), ("conforming code at CPL 3", 3, Selectors.Conforming0 | 3),
        ];
        foreach ((string name, int ring, ushort selector) in rows)
        {
            yield return new($"GS takes {name}", c =>
            {
                c.Ring(ring);
                c.A.mov(ecx, selector);
                c.A.mov(gs, ecx);
                c.A.mov(edx, gs);
                c.Done();
            });
        }
        yield return new("accesses through descriptors that forbid them", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x90, 0, 0, 0));
            c.Descriptor(Free + 8, DescriptorBits.Segment(0x98, 0, 0, 0xA));
            c.A.mov(ecx, Free);
            c.A.mov(fs, ecx);
            c.A.mov(ds, ecx);
            c.A.mov(ecx, 0);
            c.A.mov(es, ecx);
            c.A.mov(gs, ecx);
            c.A.mov(__dword_ptr.fs[Layout.Scratch], 1);
            c.A.mov(__dword_ptr.ds[Layout.Scratch + 4], 2);
            c.A.mov(__dword_ptr.es[Layout.Scratch + 8], 3);
            c.A.mov(__dword_ptr.gs[Layout.Scratch + 12], 4);
            c.A.mov(__dword_ptr.cs[Layout.Scratch + 16], 5);
            c.Done();
        }, Layout.Scratch, Layout.Scratch + 4, Layout.Scratch + 8, Layout.Scratch + 12, Layout.Scratch + 16);
    }

    private static IEnumerable<Case> FarLoads()
    {
        foreach ((string name, Code code, ushort selector) in (IEnumerable<(string, Code, ushort)>)
            [
                ("LSS r32", Code.Lss_r32_m1632, Selectors.Data0), ("LSS r64", Code.Lss_r64_m1664, Selectors.Data0),
                ("LSS r16", Code.Lss_r16_m1616, Selectors.Data0), ("LFS r64", Code.Lfs_r64_m1664, Selectors.Data3),
                ("LGS r64 of nothing", Code.Lgs_r64_m1664, Free), ("LFS r16", Code.Lfs_r16_m1616, Selectors.Data3),
                ("LSS r32 of null", Code.Lss_r32_m1632, 0), ("LSS r32 of null with RPL 1", Code.Lss_r32_m1632, 1),
            ])
        {
            yield return new(name, c =>
            {
                int size = code is Code.Lss_r16_m1616 or Code.Lfs_r16_m1616 ? 2 : code is Code.Lss_r32_m1632 ? 4 : 8;
                Register register = size == 2 ? Register.CX : size == 4 ? Register.ECX : Register.RCX;
                c.PokeLong(Layout.Scratch, 0x1234_5678_9ABC_DEF0);
                c.A.mov(__word_ptr[Layout.Scratch + (uint)size], selector);
                c.A.mov(rcx, -1);
                c.A.AddInstruction(Instruction.Create(code, register, new MemoryOperand(Register.None, Register.None, 1, Layout.Scratch, 4)));
                c.A.mov(edx, fs);
                c.A.mov(ebx, ss);
                c.Done();
            });
        }
    }

    private static IEnumerable<Case> Bases()
    {
        foreach (AssemblerRegisterSegment segment in (AssemblerRegisterSegment[])[fs, gs])
        {
            foreach ((string name, ushort selector) in (IEnumerable<(string, ushort)>)
                [("a selector", Free), ("the null selector", 0), ("a null selector with RPL 3", 3), ("a flat selector", Selectors.Data0)])
            {
                yield return new($"base of {segment.Value} after {name} over 64 bits", c =>
                {
                    c.Descriptor(Free, DescriptorBits.Segment(0x92, 0x1234_5678, 0xF_FFFF, 0xC));
                    c.SetCr4(0x1_0000);
                    c.A.mov(rdx, 0x1122_3344_5566);
                    if (segment == fs)
                        c.A.wrfsbase(rdx);
                    else
                        c.A.wrgsbase(rdx);
                    c.A.mov(ecx, selector);
                    c.A.mov(segment, ecx);
                    if (segment == fs)
                        c.A.rdfsbase(rdx);
                    else
                        c.A.rdgsbase(rdx);
                    c.Done();
                });
            }
        }
        yield return new("bases of DS, ES, SS and CS do not count, those of FS and GS do", c =>
        {
            c.Descriptor(Free, DescriptorBits.Segment(0x92, 0x100, 0, 0xC));
            c.A.mov(ecx, Free);
            foreach (AssemblerRegisterSegment segment in (AssemblerRegisterSegment[])[ds, es, ss, fs, gs])
                c.A.mov(segment, ecx);
            c.A.mov(__dword_ptr.ds[Layout.Scratch], 1);
            c.A.mov(__dword_ptr.es[Layout.Scratch + 4], 2);
            c.A.mov(__dword_ptr.ss[Layout.Scratch + 8], 3);
            c.A.mov(__dword_ptr.fs[Layout.Scratch], 4);
            c.A.mov(__dword_ptr.gs[Layout.Scratch + 4], 5);
            c.A.push(6);
            c.Done();
        }, Layout.Scratch, Layout.Scratch + 4, Layout.Scratch + 8, Layout.Scratch + 0x100, Layout.Scratch + 0x104, Layout.CaseStack - 8);
        yield return new("an address that a base makes non-canonical", c =>
        {
            c.SetCr4(0x1_0000);
            c.A.mov(rdx, 0x7FFF_FFFF_FFF0);
            c.A.wrfsbase(rdx);
            c.A.mov(eax, __dword_ptr.fs[0x20]);
            c.Done();
        });
        yield return new("a 32-bit address and a base wrap at 64 bits", c =>
        {
            c.SetCr4(0x1_0000);
            c.A.mov(rdx, -0x10_0000L);
            c.A.wrfsbase(rdx);
            c.A.mov(ebx, Layout.Scratch + 0x10_0000);
            c.A.mov(__dword_ptr.fs[ebx], 7);
            c.Done();
        }, Layout.Scratch);
    }

    private static IEnumerable<Case> Opcodes()
    {
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("PUSH ES", [0x06]), ("POP ES", [0x07]), ("PUSH CS", [0x0E]), ("PUSH SS", [0x16]), ("POP SS", [0x17]), ("PUSH DS", [0x1E]),
                ("POP DS", [0x1F]), ("MOV CS, EAX", [0x8E, 0xC8]), ("MOV segment 6, EAX", [0x8E, 0xF0]),
                ("MOV EAX, segment 7", [0x8C, 0xF8]), ("MOV EBX, ES with REX.R", [0x44, 0x8C, 0xC3]),
                ("MOV EBX, GS with REX.R", [0x44, 0x8C, 0xEB]), ("MOV DS, EAX with REX.R", [0x44, 0x8E, 0xD8]),
                ("CALL far immediate", [0x9A, 0, 0, 0, 0, 8, 0]), ("JMP far immediate", [0xEA, 0, 0, 0, 0, 8, 0]),
                ("PUSH FS", [0x0F, 0xA0]), ("PUSH FS with 66h", [0x66, 0x0F, 0xA0]), ("PUSH FS with REX.W", [0x48, 0x0F, 0xA0]),
                ("PUSH GS with REX.W and 66h", [0x66, 0x48, 0x0F, 0xA8]), ("POP GS", [0x0F, 0xA9]),
                ("POP GS with 66h", [0x66, 0x0F, 0xA9]),
            ])
        {
            yield return new(name, c =>
            {
                c.A.mov(rax, -1);
                c.A.push(rax);
                c.A.mov(__word_ptr[rsp], Selectors.Data3);
                c.A.mov(eax, 0x1_0010);
                c.Raw(bytes);
                c.A.mov(rcx, rsp);
                c.Done();
            }, Layout.CaseStack - 16, Layout.CaseStack - 12, Layout.CaseStack - 8);
        }
        foreach ((string name, byte[] bytes) in (IEnumerable<(string, byte[])>)
            [
                ("MOV BX, DS", [0x66, 0x8C, 0xDB]), ("MOV EBX, DS", [0x8C, 0xDB]), ("MOV RBX, DS", [0x48, 0x8C, 0xDB]),
            ])
        {
            yield return new(name, c =>
            {
                c.A.mov(rbx, -1);
                c.Raw(bytes);
                c.Done();
            });
        }
    }
}
