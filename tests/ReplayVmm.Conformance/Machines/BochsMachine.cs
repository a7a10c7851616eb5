namespace ReplayVmm.Conformance;

/// <summary>Bochs, which boots the image as a disk.</summary>
internal sealed class BochsMachine : IMachine
{
    private const string Program = "bochs-bin";
    private const int DiskBytesPerCylinder = 16 * 63 * BootDisk.SectorSize;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <inheritdoc/>
    public string Name => "Bochs";

    /// <inheritdoc/>
    public string? Missing => ForeignProcess.Find(Program) is null ? $"{Program} (packages bochs, bochsbios and vgabios)" : null;

    /// <inheritdoc/>
    public Outcome Run(byte[] disk)
    {
        using var folder = new Folder();
        string image = folder.Write("guest.img", disk), serial = folder.Path("serial.txt"), log = folder.Path("log.txt");
        string settings = $"""
            display_library: rfb, options="timeout=0"
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
            cpu: model=corei7_skylake_x, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0
            memory: guest=64, host=64
            clock: sync=none, time0=1700000000
            boot: disk
            ata0-master: type=disk, path="{image}", mode=flat, cylinders={disk.Length / DiskBytesPerCylinder}, heads=16, spt=63
            com1: enabled=1, mode=file, dev="{serial}"
            log: "{log}"
            panic: action=fatal
            error: action=report
            info: action=ignore
            debug: action=ignore
            port_e9_hack: enabled=0
            speaker: enabled=0
            """;
        // Debian's build has the debugger in it, which waits for a command.
        string commands = folder.Write("commands", "c\nquit\n");
        (string output, string error, bool ended) =
            ForeignProcess.Run(Program, Patience, "-q", "-f", folder.Write("bochsrc", settings), "-rc", commands);
        string told = File.Exists(log) ? File.ReadAllText(log) : "", all = output + error + told;
        string printed = File.Exists(serial) ? File.ReadAllText(serial) : "";
        bool tripleFault = all.Contains("exception with no resolution", StringComparison.Ordinal);
        return Outcome.Parse(printed, tripleFault ? Ending.Reset : ended ? Ending.Failed : Ending.Hung, all.Trim());
    }
}
