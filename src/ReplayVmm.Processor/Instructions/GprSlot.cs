namespace ReplayVmm.Processor;

/// <summary>Slots of the registers that instructions name implicitly.</summary>
internal static class GprSlot
{
#pragma warning disable CS1591 // the manual's own names
    public const byte Rax = 0, Ah = 1, Rcx = 8, Rdx = 16, Rbx = 24, Rsp = 32, Rbp = 40, Rsi = 48, Rdi = 56;
#pragma warning restore CS1591
}
