namespace ReplayVmm.Conformance;

/// <summary>QEMU with its own translator, the Multiboot way.</summary>
internal sealed class QemuMachine : IMachine
{
    private const string Program = "qemu-system-x86_64";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public string Name => "QEMU";

    /// <inheritdoc/>
    public string? Missing => ForeignProcess.Find(Program) is null ? $"{Program} (package qemu-system-x86)" : null;

    /// <inheritdoc/>
    public Outcome Run(byte[] disk)
    {
        using var folder = new Folder();
        string image = folder.Write("guest.img", disk);
        (string output, string error, bool ended) = ForeignProcess.Run(
            Program, Patience, "-M", "pc", "-m", "64", "-cpu", "max,vendor=GenuineIntel", "-accel", "tcg,thread=single", "-display", "none",
            "-monitor", "none", "-net", "none", "-nodefaults", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
            "-serial", "stdio", "-kernel", image);
        return Outcome.Parse(output, ended ? Ending.Reset : Ending.Hung, error.Trim());
    }
}
