using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using ReplayVmm.Conformance;

namespace ReplayVmm.Benchmarks;

/// <summary>Bochs, the interpreter next door. It loads no kernels: the guest is copied from a disk by a boot sector of ours.</summary>
internal sealed class Bochs(string program, string guest, string folder)
{
    private const int SegmentHeader = 1, CylinderBytes = 16 * 63 * BootDisk.SectorSize;
    private const string Halted = "HLT instruction with IF=0";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    /// <summary>Bochs where it and its BIOS are installed, else null.</summary>
    public static Bochs? Find(string guest, string folder) =>
        Child.Find("bochs-bin") is { } program && File.Exists("/usr/share/bochs/BIOS-bochs-latest") ? new Bochs(program, guest, folder) : null;

    /// <summary>
    /// Runs the guest. Bochs has no port to end it by: it is ended once it says that the guest has halted for good. Its serial port is as slow as a real
    /// one, and these guests neither set it up nor wait for it: of what they print five bits of a few characters arrive.
    /// </summary>
    /// <returns>Seconds from the guest's first byte to its last instruction, without the BIOS; and what is left of what it printed.</returns>
    public (double Seconds, string Printed) Run()
    {
        string serial = Place("serial");
        File.Delete(serial);
        File.Delete(Place("log"));
        // Left by the run before, which was killed.
        File.Delete(Place("disk.lock"));
        var start = new ProcessStartInfo(program, ["-q", "-f", Settings(serial), "-rc", Write("commands", "c\nquit\n"u8)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), complained = process.StandardError.ReadToEndAsync();
        try
        {
            WaitFor("", serial, process, 60, said, complained);
            long begin = Stopwatch.GetTimestamp();
            WaitFor(Halted, Place("log"), process, 300, said, complained);
            return (Stopwatch.GetElapsedTime(begin).TotalSeconds, File.ReadAllText(serial));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static void WaitFor(string text, string file, Process process, int patience, Task<string> said, Task<string> complained)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            string printed = File.Exists(file) ? File.ReadAllText(file) : "";
            if (printed.Length > 0 && printed.Contains(text, StringComparison.Ordinal))
                return;
            if (process.HasExited)
                throw new BenchException($"Bochs ended: {(complained.GetAwaiter().GetResult() + said.GetAwaiter().GetResult()).Trim()}");
            if (Stopwatch.GetElapsedTime(begin).TotalSeconds > patience)
                throw new BenchException($"Bochs wrote nothing or no \"{text}\" in {patience} s");
            Thread.Sleep(Look);
        }
    }

    private string Settings(string serial)
    {
        (byte[] flat, uint load, uint entry) = Flatten(File.ReadAllBytes(guest));
        byte[] disk = BootDisk.Create(flat, load, entry);
        string cylinders = (disk.Length / CylinderBytes).ToString(CultureInfo.InvariantCulture);
        string settings = $"""
            display_library: rfb, options="timeout=0"
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
            cpu: model=corei7_skylake_x, count=1, ips=50000000
            memory: guest=64, host=64
            clock: sync=none, time0=1700000000
            boot: disk
            ata0-master: type=disk, path="{Write("disk", disk)}", mode=flat, cylinders={cylinders}, heads=16, spt=63
            com1: enabled=1, mode=file, dev="{serial}"
            log: "{Place("log")}"
            panic: action=fatal
            error: action=ignore
            info: action=report
            debug: action=ignore
            speaker: enabled=0
            """;
        return Write("settings", System.Text.Encoding.UTF8.GetBytes(settings));
    }

    /// <summary>The segments of a 32-bit ELF image as they lie in memory, zeros between them and behind them.</summary>
    private static (byte[] Flat, uint Load, uint Entry) Flatten(byte[] elf)
    {
        uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(at));
        int table = (int)Word(28), count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(44));
        int[] segments = [.. Enumerable.Range(0, count).Select(n => table + (n * 32)).Where(at => Word(at) == SegmentHeader && Word(at + 20) > 0)];
        uint load = segments.Min(at => Word(at + 12)), end = segments.Max(at => Word(at + 12) + Word(at + 20));
        byte[] flat = new byte[end - load];
        foreach (int at in segments)
            elf.AsSpan((int)Word(at + 4), (int)Word(at + 16)).CopyTo(flat.AsSpan((int)(Word(at + 12) - load)));
        return (flat, load, Word(24));
    }

    private string Place(string name) => Path.Combine(folder, "bochs-" + name);

    private string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(Place(name), bytes);
        return Place(name);
    }
}
