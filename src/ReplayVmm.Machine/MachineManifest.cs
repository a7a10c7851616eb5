using System.Text.Json.Serialization;

namespace ReplayVmm.Machine;

/// <summary>
/// Everything that, together with the input events, decides a run: the payload of <c>SessionStarted</c>, as JSON (PascalCase).
/// Two runs with equal manifests and equal inputs have equal events.
/// </summary>
public sealed record MachineManifest
{
    /// <summary>Version of this document and of the events' meaning.</summary>
    public int FormatVersion { get; init; } = 1;
    /// <summary>Guest memory in bytes; a multiple of 4,096.</summary>
    public required ulong MemoryBytes { get; init; }
    /// <summary>Number of virtual processors.</summary>
    public int Vcpus { get; init; } = 1;
    /// <summary>Name of the CPU model.</summary>
    public required string CpuModel { get; init; }
    /// <summary>Virtualisation flavour: <c>vmx</c> or <c>svm</c>.</summary>
    [JsonRequired]
    public string Vendor { get; init; } = "vmx";
    /// <summary>Patch profile.</summary>
    [JsonRequired]
    public string Patches { get; init; } = "latest";
    /// <summary>Instructions in a turn.</summary>
    public ulong Quantum { get; init; } = 100_000;
    /// <summary>Virtual nanoseconds that one instruction takes.</summary>
    public ulong NanosecondsPerInstruction { get; init; } = 1;
    /// <summary>
    /// Virtual nanoseconds that an access to an I/O port takes besides its instruction, as a cycle on an ISA bus does; it keeps guests
    /// that poll a port until time has
    /// passed from filling the log.
    /// </summary>
    public ulong PortNanoseconds { get; init; } = 1000;
    /// <summary>A state digest is taken at the first turn's end after this much virtual time, in nanoseconds…</summary>
    public ulong DigestEveryNanoseconds { get; init; } = 250_000_000;
    /// <summary>…or after this many counted events, whichever comes first…</summary>
    public ulong DigestEveryEvents { get; init; } = 65_536;
    /// <summary>
    /// …but not before this much virtual time, in nanoseconds, for each page that the last digest covered: hashing keeps to a fixed share
    /// of the run however much a guest
    /// writes.
    /// </summary>
    public ulong DigestNanosecondsPerPage { get; init; } = 20_000;
    /// <summary>Wall clock when the machine was switched on: seconds since 1970-01-01 UTC. The RTC starts there.</summary>
    public required long WallClockStart { get; init; }
    /// <summary>What was booted.</summary>
    public required BootManifest Boot { get; init; }
    /// <summary>The virtio disk; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DiskManifest? Disk { get; init; }
    /// <summary>Whether there is a virtio console, hvc0 to Linux.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool VirtioConsole { get; init; }
    /// <summary>Whether there is a virtio entropy device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool VirtioEntropy { get; init; }
    /// <summary>Whether what is typed goes to the virtio console, and not to COM1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool InputToVirtioConsole { get; init; }
    /// <summary>Version of the program that recorded.</summary>
    public required string ReplayVmmVersion { get; init; }
    /// <summary>Version of the .NET runtime that recorded.</summary>
    public required string RuntimeVersion { get; init; }
}

/// <summary>
/// What was booted and how the first processor starts. The images' bytes themselves are in the log, as <c>GuestMemoryWritten</c> events,
/// so that
/// a recording replays without the files it was made from.
/// </summary>
public sealed record BootManifest
{
    /// <summary><c>linux</c>, <c>multiboot</c> or <c>flat</c>.</summary>
    public required string Protocol { get; init; }
    /// <summary>The files: role, name without directories, length, SHA-256 in lower-case hexadecimal.</summary>
    public required IReadOnlyList<BootFile> Files { get; init; }
    /// <summary>The guest's command line.</summary>
    [JsonRequired]
    public string CommandLine { get; init; } = "";
    /// <summary>Mode at the first instruction: 16 (real), 32 (flat protected, paging off) or 64 bits.</summary>
    public required int Mode { get; init; }
    /// <summary>Address of the first instruction.</summary>
    public required ulong Entry { get; init; }
    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI at the first instruction.</summary>
    public required IReadOnlyList<ulong> Registers { get; init; }
    /// <summary>CR3 for <see cref="Mode"/> 64, else 0.</summary>
    public ulong PageTables { get; init; }
}

/// <summary>One file that was booted.</summary>
/// <param name="Role"><c>kernel</c>, <c>initrd</c>, <c>module</c> or <c>image</c>.</param>
/// <param name="Name">File name without directories.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record BootFile(string Role, string Name, long Length, string Sha256);
