using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.LocalApic;

namespace ReplayVmm.Conformance;

/// <summary>NMIs, and what holds the next one off (SDM volume 3, 6.7).</summary>
internal static class NonMaskableInterrupts
{
    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        yield return new("an NMI with IF clear", c =>
        {
            c.PrepareApic();
            c.Send(Nmi);
            c.A.nop();
            c.Done();
        });
        yield return new("an NMI with the shorthand self", c =>
        {
            c.PrepareApic();
            c.WriteApic(Command, Self | Nmi);
            c.JumpOn();
            c.A.nop();
            c.Done();
        });
        yield return new("an NMI waits for IRET of the one before", c =>
        {
            c.PrepareApic();
            c.Gate(2, c["nmi"]);
            c.Send(Nmi);
            c.A.nop();
            c.A.mov(edx, ecx);
            c.Done();
            c.Mark("nmi");
            c.A.inc(ecx);
            c.A.cmp(ecx, 2);
            c.A.je(c.A.@F);
            c.WriteApic(Command, Nmi);
            c.A.jmp(c["behind"]);
            c.A.nop();
            c.Mark("behind");
            c.A.mov(esi, ecx);
            c.A.AnonymousLabel();
            c.Return();
        });
        yield return new("an IRET that faults lets NMIs in", c =>
        {
            c.PrepareApic();
            c.Gate(2, c["nmi"]);
            c.Gate(13, c["fault"]);
            c.InNmiWithAnother();
            c.A.push(Selectors.Data0);
            c.A.push((int)Layout.CaseStack);
            c.A.push(2);
            c.A.push(Selectors.Data0);
            c.A.push((int)c["fault"]);
            c.Return();
            c.Mark("fault");
            c.A.inc(edx);
            c.A.nop();
            // Where the NMI still waits it comes here, not in the next case.
            c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack);
            c.A.nop();
            c.Done();
            c.Mark("second");
            c.A.mov(ebx, edx);
            c.Done();
        });
        yield return new("an NMI behind MOV SS", BehindMovSs);
        yield return new("an exception in an NMI handler does not end the block, its IRET does", c =>
        {
            c.PrepareApic();
            c.Gate(2, c["nmi"]);
            c.Gate(3, c["trap"]);
            c.InNmiWithAnother();
            c.A.int3();
            c.A.inc(ebx);
            c.Done();
            c.Mark("trap");
            c.A.inc(edx);
            c.A.nop();
            c.Return();
            c.Mark("second");
            c.Done();
        });
    }

    /// <summary>
    /// The timer sends NMIs into a loop of MOV SS, another instruction, and a jump: none may come between the first two. NMIs that the
    /// program sends itself would not do: they come where the store ends, before the next instruction is looked at. ESI: one came behind
    /// MOV SS; EDI: how many came.
    /// </summary>
    private static void BehindMovSs(CaseWriter c)
    {
        const int Enough = 64;
        c.PrepareApic();
        c.Gate(2, c["nmi"]);
        c.TimerSendsNmis(period: 64);
        c.A.mov(eax, ss);
        c.Mark("loop");
        c.A.mov(ss, eax);
        c.Mark("behind");
        c.A.inc(edx);
        c.A.jmp(c["loop"]);
        c.Mark("nmi");
        c.A.cmp(ReturnAddress(c), c["behind"]);
        c.A.jne(c["allowed"]);
        c.A.mov(esi, 1);
        c.Mark("allowed");
        c.A.inc(edi);
        c.A.cmp(edi, Enough);
        c.A.jb(c["out"]);
        // One that waits already still comes, behind the IRET.
        c.A.mov(edi, Enough);
        c.TimerIsQuiet();
        c.A.mov(ReturnAddress(c), c["after"]);
        c.Mark("out");
        c.Return();
        c.Mark("after");
        c.A.nop();
        c.ClearPair();
        c.PlainFlags();
        c.Done();
    }

    private static AssemblerMemoryOperand ReturnAddress(CaseWriter c) => c.Mode == 64 ? __dword_ptr[rsp] : __dword_ptr[esp];
}
