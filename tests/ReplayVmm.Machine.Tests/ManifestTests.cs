namespace ReplayVmm.Machine.Tests;

public sealed class ManifestTests
{
    private static string Refusal(Func<MachineManifest, MachineManifest> change, params MemoryImage[] more)
    {
        BootPlan plan = Guest.Flat(32, a => a.Exit());
        return Should.Throw<BootException>(
            () => new VirtualMachine(change(Guest.Manifest(plan)), [.. plan.Images, .. more], new Script(), new Log())).Message;
    }

    [Fact]
    public void A_machine_that_cannot_be_is_refused_with_the_member_and_what_it_may_be()
    {
        Refusal(m => m with { MemoryBytes = 0 }).ShouldContain("too small");
        Refusal(m => m with { Vcpus = 9 }).ShouldContain("give 1 to 8");
        Refusal(m => m with { Vendor = "svm" }).ShouldContain("vmx");
        Refusal(m => m with { CpuModel = "z80" }).ShouldContain("x86-64-v3");
        Refusal(m => m with { Quantum = 0 }).ShouldContain("1 to");
        Refusal(m => m with { NanosecondsPerInstruction = 0 }).ShouldContain("1 to");
        Refusal(m => m with { PortNanoseconds = ulong.MaxValue }).ShouldContain("0 to");
        Refusal(m => m with { DigestEveryEvents = 0 }).ShouldContain("at least 1");
        Refusal(m => m with { WallClockStart = -1 }).ShouldContain("seconds since 1970");
        Refusal(m => m with { Boot = m.Boot with { Registers = [1] } }).ShouldContain("eight registers");
        Refusal(m => m with { Boot = m.Boot with { Mode = 7 } }).ShouldContain("16, 32 or 64");
        Refusal(m => m with { Boot = m.Boot with { Entry = 1ul << 40 } }).ShouldContain("32-bit guest");
    }

    [Theory]
    [InlineData(0xA0000ul)]
    [InlineData(0x1FFFFFul)]
    [InlineData(ulong.MaxValue)]
    public void An_image_outside_memory_is_refused(ulong address) =>
        Refusal(m => m, new MemoryImage(address, new byte[2])).ShouldContain("do not fit");
}
