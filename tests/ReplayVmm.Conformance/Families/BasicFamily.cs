using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>The runtime itself: if these lines are wrong, no other line means anything.</summary>
internal static class BasicFamily
{
    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new($"basic-{mode}", mode,
    [
        new("done", c => c.Done()),
        new("registers", c =>
        {
            c.A.mov(eax, 0x1234_5678);
            c.A.mov(edx, 0xCAFE);
            c.Done();
        }),
        new("undefined opcode", c =>
        {
            c.A.nop();
            c.A.ud2();
        }),
        new("null selector in SS", c =>
        {
            c.A.xor(eax, eax);
            c.A.mov(ss, ax);
            c.Done();
        }),
        new("memory", c =>
        {
            c.A.mov(__dword_ptr[Layout.Scratch], 0xABCD);
            c.Done();
        }, Layout.Scratch),
        new("divide by zero", c =>
        {
            c.A.div(ecx);
            c.Done();
        }),
        new("triple fault", c =>
        {
            c.A.mov(__word_ptr[Layout.Scratch], 0);
            c.A.lidt(__[Layout.Scratch]);
            c.A.ud2();
        }),
        new("after a triple fault", c => c.Done()),
    ]);
}
