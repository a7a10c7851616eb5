using static Iced.Intel.AssemblerRegisters;
using static ReplayVmm.Conformance.LocalApic;

namespace ReplayVmm.Conformance;

/// <summary>
/// When an interrupt that waits comes in: behind STI, MOV SS, POPF and IRET (SDM volume 3, 6.8.1 and 6.8.3; volume 2, STI).
/// </summary>
internal static class InterruptShadows
{
    private const uint Interrupt = 0x200;

    /// <summary>In both modes.</summary>
    public static IEnumerable<Case> Make()
    {
        (string Name, Action<CaseWriter> Code)[] rows =
        [
            ("STI", c => c.A.sti()),
            ("STI with interrupts already enabled", c =>
            {
                c.A.sti();
                c.A.sti();
            }),
            ("STI, CLI", c =>
            {
                c.A.sti();
                c.A.cli();
                c.A.inc(edx);
                c.A.sti();
            }),
            ("POPF", c => c.PopFlags(Interrupt | 2)),
            ("IRET", c => c.Leave(Selectors.Code0, Selectors.Data0, Layout.CaseStack, Interrupt | 2)),
            ("IRET to ring 3", c => c.Leave(Selectors.Code3, Selectors.Data3, Layout.UserStack, Interrupt | 2)),
            ("STI, MOV SS", c =>
            {
                c.A.mov(eax, ss);
                c.A.sti();
                c.A.mov(ss, eax);
            }),
            ("STI, MOV SS, MOV SS", c =>
            {
                c.A.mov(eax, ss);
                c.A.sti();
                c.A.mov(ss, eax);
                c.A.mov(ss, eax);
            }),
            ("MOV SS, STI", c =>
            {
                c.A.mov(eax, ss);
                c.A.mov(ss, eax);
                c.A.sti();
            }),
            ("STI, MOV DS", c =>
            {
                c.A.mov(eax, ds);
                c.A.sti();
                c.A.mov(ds, eax);
            }),
            ("STI, INT3", c =>
            {
                c.Gate(3, c["trap"], 0x8F);
                c.A.sti();
                c.A.int3();
                c.Mark("trap");
            }),
            ("STI, an undefined opcode", c =>
            {
                c.Gate(6, c["trap"], 0x8F);
                c.A.sti();
                c.A.ud2();
                c.Mark("trap");
            }),
            ("STI, NOP in two blocks", c =>
            {
                c.A.sti();
                c.JumpOn();
            }),
        ];
        foreach ((string name, Action<CaseWriter> code) in rows)
        {
            yield return new($"an interrupt that waits, then {name}", c =>
            {
                c.PrepareApic();
                c.Send(Low);
                code(c);
                for (int i = 0; i < 4; i++)
                    c.A.inc(ecx);
                c.Done();
            });
        }
    }
}
