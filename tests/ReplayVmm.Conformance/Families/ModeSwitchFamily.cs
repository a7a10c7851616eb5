using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// The steps into and out of IA-32e mode in all kinds of orders (SDM volume 3, 4.1.2 and 10.8.5). EBX counts the steps that went well; EAX, ESI
/// and EDI are EFER, CR0 and CR4 behind them. A #GP within IA-32e mode goes through a 64-bit gate and leaves a mark and its error code in EDX and ECX.
/// </summary>
internal static class ModeSwitchFamily
{
    private const uint Efer = 0xC000_0080, Lme = 0x100, Nxe = 0x800, Lma = 0x400, Paging = 0x8000_0000, Pae = 0x20, Pcide = 0x2_0000;
    private const uint Pml4 = Layout.PageTables, LongPointers = Pml4 + 0x1000, Directory = Pml4 + 0x2000, Pointers = Pml4 + 0x3000,
        Narrow = Pml4 + 0x4000;
    private const ushort Code64 = Protection.Chosen, CodeBoth = Protection.Second, Tss16 = Protection.Third;
    private const byte GeneralProtection = 13;

    private static readonly string[] Orders =
    [
        "PAE LME PML4 PG", "LME PAE PML4 PG", "PML4 LME PAE PG", "PML4 PAE LME PG", "PAE LME NXE PML4 PG", "PAE LMA PML4", "PAE LME LMA PML4 PG",
        "LME PML4 PG", "LME PML4 PG PAE PG",
        "PAE PDPT PG", "PAE PDPT PG LME", "PAE PDPT PG NXE", "PAE PDPT PG noPAE", "PAE PDPT PG PML4", "PAE PML4 PG", "PD PG PAE", "PSE PD PG",
        "PSE PD PG LME", "PSE PD PG noPG PAE LME PML4 PG",
        "PAE LME PML4 PG LME", "PAE LME PML4 PG noLME", "PAE LME PML4 PG noPAE", "PAE LME PML4 PG noPG", "PAE LME PML4 PG noPG PG",
        "PAE LME PML4 PG noPG noLME", "PAE LME PML4 PG noPG noLME PG",
        "PAE LME PML4 PG noPG noLME PDPT PG", "PAE LME PML4 PG noPG noPAE", "PAE LME PML4 PG noPG noPAE PG", "PAE LME PML4 PG NXE",
        "PAE LME PML4 PG LMA", "PAE LME PML4 PG PDPT noPG",
        "PAE LME PML4 PG 64", "PAE LME PML4 PG 64 noPG", "PAE LME PML4 PG 64 64 noPG PG 64", "PAE LME PML4 PG 64 noPAE",
        "PAE LME PML4 PG 64 noLME", "PAE LME PML4 PG PSE", "PAE LME PML4 PG 64 NXE",
        "PAE LME PML4 PG PCIDE", "PAE LME PML4 PG PCIDE noPG", "PAE LME PML4 PG PCIDE noPCIDE noPG", "PCIDE", "PAE PCIDE", "PAE PDPT PG PCIDE",
        "L PAE LME PML4 PG", "L PAE PDPT PG", "L PAE LME PML4", "PAE LME PML4 L PG", "L PSE PD PG", "TSS16 PAE LME PML4 PG", "TSS16 PAE PDPT PG",
        "PAE LME PML4 TSS16 PG", "PAE LME PML4 PG noPG TSS16 PG",
        "noLME noPAE noPG", "LME noLME LME", "PG", "PD PG noPG PG noPG",
    ];

    /// <summary>The family.</summary>
    public static Family Make() => new("mode-switches", 32, [.. Orders.Select(order => new Case(order, c => Write(c, order.Split(' '))))]);

    private static void Write(CaseWriter c, string[] steps)
    {
        MakeTables(c);
        c.Describe(Code64, DescriptorBits.Segment(0x9A, 0, Protection.MostLimit, 0xA));
        c.Describe(CodeBoth, DescriptorBits.Segment(0x9A, 0, Protection.MostLimit, 0xE));
        c.Describe(Tss16, DescriptorBits.Segment(0x81, Layout.OtherTss, 0x2B, 0));
        // What is a gate of 16 bytes in IA-32e mode are two of vectors that nobody uses in protected mode.
        c.PokeLong(Layout.Idt + (GeneralProtection * 16), DescriptorBits.Gate(0x8E, Code64, c["fault"]));
        c.PokeLong(Layout.Idt + (GeneralProtection * 16) + 8, 0);
        for (int step = 0; step < steps.Length; step++)
        {
            Step(c, steps[step], step);
            c.A.inc(ebx);
        }
        c.A.jmp(c.A.@F);
        c.Mark("fault");
        // pop rcx; pop rdx; push the code segment; push the way on; retfq.
        c.A.db([0x59, 0x5A, 0x6A, (byte)Selectors.Code0, 0x68, .. BitConverter.GetBytes(c["behind"]), 0x48, 0xCB]);
        c.Mark("behind");
        c.A.nop();
        c.A.AnonymousLabel();
        c.A.mov(ebp, ecx);
        c.A.mov(esp, edx);
        c.A.mov(ecx, Efer);
        c.A.rdmsr();
        c.A.mov(esi, cr0);
        c.A.mov(edi, cr4);
        c.A.mov(edx, esp);
        c.A.mov(esp, Layout.CaseStack);
        c.A.test(eax, Lma);
        Label legacy = c.A.CreateLabel();
        c.A.je(legacy);
        // Out of IA-32e mode, in whose table there is no gate to end by.
        c.A.mov(ecx, edi);
        c.A.and(ecx, ~Pcide);
        c.A.mov(cr4, ecx);
        c.A.mov(ecx, esi);
        c.A.and(ecx, ~Paging);
        c.A.mov(cr0, ecx);
        c.A.Label(ref legacy);
        c.A.mov(ecx, ebp);
        c.A.mov(ebp, 0);
        c.A.test(ebx, ebx);
        c.Done();
    }

    private static void Step(CaseWriter c, string step, int number)
    {
        switch (step)
        {
            case "PAE" or "noPAE":
                Change(c, Pae, step == "PAE");
                break;
            case "PSE":
                Change(c, 0x10, true);
                break;
            case "PCIDE" or "noPCIDE":
                Change(c, Pcide, step == "PCIDE");
                break;
            case "PG" or "noPG":
                c.A.mov(eax, cr0);
                if (step == "PG")
                    c.A.or(eax, Paging);
                else
                    c.A.and(eax, ~Paging);
                c.A.mov(cr0, eax);
                break;
            case "LME" or "noLME" or "NXE" or "LMA":
                c.A.mov(ecx, Efer);
                c.A.rdmsr();
                if (step == "noLME")
                    c.A.and(eax, ~Lme);
                else
                    c.A.xor(eax, step == "LMA" ? Lma : 0);
                c.A.or(eax, step switch { "LME" => Lme, "NXE" => Nxe, _ => 0 });
                c.A.wrmsr();
                c.A.mov(ecx, 0);
                break;
            case "L":
                c.JumpFar(CodeBoth, c[$"step {number}"]);
                c.Mark($"step {number}");
                break;
            case "TSS16":
                // Not busy again, should it have been loaded before.
                c.A.and(__byte_ptr[Protection.High(Tss16) + 1], unchecked((sbyte)0xFD));
                c.A.mov(eax, (uint)Tss16);
                c.A.ltr(ax);
                break;
            case "64":
                c.JumpFar(Code64, c[$"wide {number}"]);
                c.Mark($"wide {number}");
                // inc ebp would be a prefix here: lea ebp, [rbp + 16]; back by a far return.
                c.A.db([0x8D, 0x6D, 0x10, 0x6A, (byte)Selectors.Code0, 0x68, .. BitConverter.GetBytes(c[$"step {number}"]), 0x48, 0xCB]);
                c.Mark($"step {number}");
                break;
            default:
                c.A.mov(eax, step switch { "PML4" => Pml4, "PDPT" => Pointers, _ => Narrow });
                c.A.mov(cr3, eax);
                break;
        }
    }

    private static void Change(CaseWriter c, uint bits, bool set)
    {
        c.A.mov(eax, cr4);
        if (set)
            c.A.or(eax, bits);
        else
            c.A.and(eax, ~bits);
        c.A.mov(cr4, eax);
    }

    /// <summary>The first GiB by pages of 2 MiB under two roots, the first 4 MiB by pages of 4 MiB and of 4 KiB under a third.</summary>
    private static void MakeTables(CaseWriter c)
    {
        c.A.mov(edi, Pml4);
        c.A.mov(ecx, 0x6000 / 4);
        c.A.mov(eax, 0);
        c.A.rep.stosd();
        c.Poke(Pml4, LongPointers | 3);
        c.Poke(LongPointers, Directory | 3);
        c.Poke(Pointers, Directory | 1);
        c.Poke(Narrow, (Narrow + 0x1000) | 3);
        c.FillTable(Directory, 0x83, 0x20_0000, 8);
        c.FillTable(Narrow + 0x1000, 3, 0x1000, 4);
        c.A.mov(eax, 0);
        c.A.mov(ecx, 0);
        c.A.mov(edi, 0);
    }
}
