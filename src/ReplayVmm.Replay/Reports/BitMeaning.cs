using System.Globalization;
using System.Numerics;
using ReplayVmm.Events;

namespace ReplayVmm.Replay;

/// <summary>
/// What the bits of a value mean in which two runs differ: the registers that a person looks up most often when a run diverges.
/// </summary>
internal static class BitMeaning
{
    private const int MostNamed = 4;

    // 16550 data sheet: line status, interrupt identification, modem status.
    private static readonly string[] LineStatus =
        ["data ready", "overrun", "parity error", "framing error", "break", "transmitter holding empty", "transmitter empty", "FIFO error"];

    private static readonly string[] ModemStatus =
        ["CTS changed", "DSR changed", "ring ended", "DCD changed", "CTS", "DSR", "ring", "DCD"];

    // 8042: status register.
    private static readonly string[] KeyboardStatus =
        ["output buffer full", "input buffer full", "self-test passed", "last write was a command", "not locked", "mouse data", "time-out", "parity error"];

    // SDM volume 3, section 2.5.
    private static readonly string[] Cr0 = Bits((0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"),
        (29, "NW"), (30, "CD"), (31, "PG"));

    private static readonly string[] Cr4 = Bits((0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"),
        (8, "PCE"), (9, "OSFXSR"), (10, "OSXMMEXCPT"), (11, "UMIP"), (12, "LA57"), (13, "VMXE"), (14, "SMXE"), (16, "FSGSBASE"), (17, "PCIDE"),
        (18, "OSXSAVE"), (19, "KL"), (20, "SMEP"), (21, "SMAP"), (22, "PKE"), (23, "CET"), (24, "PKS"));

    // SDM volume 3, section 2.2.1.
    private static readonly string[] Efer = Bits((0, "SCE"), (8, "LME"), (10, "LMA"), (11, "NXE"));

    // SDM volume 3, section 4.7.
    private static readonly string[] PageFault = ["present", "write", "user", "reserved bit", "instruction fetch", "protection key", "shadow stack"];

    // SDM volume 3, figure 11-18 and the EFER index.
    private static readonly Dictionary<ulong, string[]> Msrs = new() { [0xC000_0080] = Efer };

    /// <summary>The bits of operand <paramref name="name"/> in which two events differ; empty where nothing is known.</summary>
    public static string Of(in Event e, string name, ulong expected, ulong actual)
    {
        string[]? names = Names(e, name);
        ulong differing = expected ^ actual;
        if (names is null)
            return BitOperations.PopCount(differing) == 1 && name is "value" or "new" ? Bit(differing, null) : "";
        var parts = new List<string>();
        for (ulong rest = differing; rest != 0 && parts.Count < MostNamed; rest &= rest - 1)
            parts.Add(Bit(rest, names));
        int more = BitOperations.PopCount(differing) - parts.Count;
        return string.Join(", ", parts) + (more > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {more} more") : "");
    }

    private static string Bit(ulong bits, string[]? names)
    {
        int bit = BitOperations.TrailingZeroCount(bits);
        string meaning = names is not null && bit < names.Length && names[bit].Length > 0 ? $" ({names[bit]})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"bit {bit}{meaning}");
    }

    private static string[]? Names(in Event e, string name) => (e.Kind, name) switch
    {
        (EventKind.PortRead or EventKind.PortWritten, "value") => Port(e.A),
        (EventKind.ControlRegisterWritten, "old" or "new") => e.A switch { 0 => Cr0, 4 => Cr4, _ => null },
        (EventKind.MsrRead, "value") or (EventKind.MsrWritten, "old" or "new") => Msrs.GetValueOrDefault(e.A),
        (EventKind.ExceptionInjected, "error") when e.A == 14 => PageFault,
        _ => null,
    };

    private static string[]? Port(ulong port) => port switch
    {
        0x3FD or 0x2FD or 0x3ED or 0x2ED => LineStatus,
        0x3FE or 0x2FE or 0x3EE or 0x2EE => ModemStatus,
        0x64 => KeyboardStatus,
        _ => null,
    };

    private static string[] Bits(params (int Bit, string Name)[] named)
    {
        string[] names = new string[64];
        Array.Fill(names, "");
        foreach ((int bit, string name) in named)
            names[bit] = name;
        return names;
    }
}
