namespace ReplayVmm.Benchmarks;

/// <summary>
/// QEMU's translator on one thread, as it is, counting instructions, and with its own record and replay; the guest is a Multiboot image.
/// </summary>
internal sealed class Qemu(string program, string guest, string folder)
{
    private const int GuestExit = 1;
    private string Log => Path.Combine(folder, Path.GetFileName(guest) + ".rr");

    /// <summary>QEMU where it is installed, else null.</summary>
    public static Qemu? Find(string guest, string folder) =>
        Child.Find("qemu-system-x86_64") is { } program ? new Qemu(program, guest, folder) : null;

    /// <summary>Without counting.</summary>
    public Child.Result Plain() => Run();

    /// <summary>With virtual time from an instruction counter, as its record and replay need.</summary>
    public Child.Result Counting() => Run("-icount", "shift=7,sleep=off");

    /// <summary>Writes its log of what is not deterministic.</summary>
    public Child.Result Record() => Run("-icount", $"shift=7,rr=record,rrfile={Log}");

    /// <summary>Reads that log; <see cref="Record"/> comes first.</summary>
    public Child.Result Replay() => Run("-icount", $"shift=7,rr=replay,rrfile={Log}");

    /// <summary>Size of the log in bytes.</summary>
    public long LogBytes => new FileInfo(Log).Length;

    private Child.Result Run(params string[] clock) => Child.Run(
        program,
        [
            "-machine", "pc", "-cpu", "qemu64", "-m", "64", "-accel", "tcg,thread=single", "-display", "none", "-monitor", "none", "-net", "none",
            "-nodefaults", "-no-reboot", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-kernel", guest, .. clock,
        ]).Must("QEMU", GuestExit);
}
