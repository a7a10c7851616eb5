using System.CommandLine;
using ReplayVmm.Machine;
using ReplayVmm.Processor;

namespace ReplayVmm.Cli;

/// <summary>The options of <c>record</c> that say what is booted, and in what machine.</summary>
internal sealed class GuestOptions
{
    private const ulong PageSize = 4096;
    private const ulong SmallestMemory = 1 << 20;
    private const ulong LargestMemory = 1UL << 40;
    private const int LargestMachine = 8;
    private const long LargestImage = int.MaxValue / 2;

    private readonly Option<string?> linux = new("--linux") { Description = "Guest: a Linux kernel (bzImage, or vmlinux with a PVH entry)", HelpName = "KERNEL" };
    private readonly Option<string?> initrd = new("--initrd") { Description = "Its initial RAM disk", HelpName = "FILE" };
    private readonly Option<string?> append = new("--append") { Description = "The guest's command line", HelpName = "TEXT" };
    private readonly Option<string?> multiboot = new("--multiboot") { Description = "Guest: a Multiboot 1 kernel", HelpName = "ELF" };
    private readonly Option<string[]> module = new("--module") { Description = "A module, with its command line behind a space; may be repeated", HelpName = "FILE" };
    private readonly Option<string?> firmware = new("--firmware") { Description = "Guest: a firmware image (not supported yet)", HelpName = "BIN" };
    private readonly Option<string?> flat = new("--flat") { Description = "Guest: bytes as they are", HelpName = "BIN" };
    private readonly Option<string?> load = new("--load") { Description = "Where a flat image is put", HelpName = "ADDR" };
    private readonly Option<string?> entry = new("--entry") { Description = "Its first instruction; default: where it is put", HelpName = "ADDR" };
    private readonly Option<string?> mode = new("--mode") { Description = "Mode at the first instruction of a flat image, or 64 for a kernel's 64-bit entry", HelpName = "16|32|64" };
    private readonly Option<string> memory = new("--memory") { Description = "Guest memory", HelpName = "SIZE", DefaultValueFactory = _ => "256M" };
    private readonly Option<int> vcpus = new("--vcpus") { Description = "Virtual processors, 1 to 8", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string> cpu = new("--cpu") { Description = "CPU model", HelpName = "MODEL", DefaultValueFactory = _ => CpuModel.Default.Name };
    private readonly Option<string> vendor = new("--vendor") { Description = "Virtualisation flavour", HelpName = "vmx|svm", DefaultValueFactory = _ => "vmx" };
    private readonly Option<string> patches = new("--patches") { Description = "Patch profile", HelpName = "PROFILE", DefaultValueFactory = _ => "latest" };
    private readonly VirtioOptions virtio = new();
    private readonly Option<string?> wallClock = new("--wall-clock") { Description = "Seconds since 1970 at the guest's start; default: now", HelpName = "SECONDS" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
                 {
                     linux, initrd, append, multiboot, module, firmware, flat, load, entry, mode, memory, vcpus, cpu, vendor, patches, wallClock,
                 })
        {
            command.Options.Add(option);
        }

        virtio.AddTo(command);
    }

    /// <summary>Loads the guest; nothing has been written anywhere yet.</summary>
    /// <exception cref="UsageException">The options do not fit together, or a file cannot be read.</exception>
    /// <exception cref="BootException">The image is not what it is said to be, or does not fit.</exception>
    public Guest Load(Invocation invocation)
    {
        ulong bytes = Memory(invocation);
        string path = Choice(invocation);
        BootPlan plan = Plan(invocation, bytes);
        MachineManifest manifest = virtio.Complete(invocation, Manifest(invocation, bytes, plan.Boot), out DiskImage? disk);
        return new Guest(path, plan, manifest, disk);
    }

    private ulong Memory(Invocation invocation)
    {
        string text = invocation.Get(memory)!;
        ulong bytes = Quantities.Size("--memory", text);
        if (bytes is < SmallestMemory or > LargestMemory)
            throw new UsageException($"--memory {text}: a guest has 1M to 1T; leave it out for 256M");
        return bytes % PageSize == 0 ? bytes : throw new UsageException($"--memory {text}: not a multiple of 4,096 bytes");
    }

    /// <summary>The one image that is booted.</summary>
    private string Choice(Invocation invocation)
    {
        (Option<string?> Option, string? Value)[] all =
            [(linux, invocation.Get(linux)), (multiboot, invocation.Get(multiboot)), (firmware, invocation.Get(firmware)), (flat, invocation.Get(flat))];
        (Option<string?> Option, string? Value)[] given = [.. all.Where(choice => choice.Value is not null)];
        if (given.Length == 0)
            throw new UsageException("record: no guest; name one with --linux KERNEL, --multiboot ELF or --flat BIN --load ADDR --mode 16|32|64");
        if (given.Length > 1)
            throw new UsageException($"record: {string.Join(" and ", given.Select(choice => choice.Option.Name))} name several guests; leave one");
        if (given[0].Option == firmware)
            throw new UsageException("--firmware: not supported yet in this version; --linux, --multiboot and --flat are");
        CheckCompany(invocation, given[0].Option);
        return given[0].Value!;
    }

    /// <summary>Options that belong to another kind of guest would be ignored: better to say so.</summary>
    private void CheckCompany(Invocation invocation, Option<string?> choice)
    {
        (Option Option, Option<string?>[] With)[] rules =
        [
            (initrd, [linux]), (append, [linux, multiboot]), (module, [multiboot]), (load, [flat]), (entry, [flat]), (mode, [flat, linux]),
        ];
        foreach ((Option option, Option<string?>[] with) in rules)
        {
            if (invocation.Parsed.GetResult(option) is { Implicit: false } && !with.Contains(choice))
                throw new UsageException($"{option.Name} belongs to {string.Join(" and ", with.Select(o => o.Name))}, not to {choice.Name}");
        }
    }

    private BootPlan Plan(Invocation invocation, ulong bytes)
    {
        string commandLine = invocation.Get(append) ?? "";
        var shape = new PlatformShape(Math.Clamp(invocation.Get(vcpus), 1, LargestMachine), virtio.Slots(invocation));
        if (invocation.Get(linux) is { } kernel)
        {
            BootImage? ramDisk = invocation.Get(initrd) is { } disk ? Read(initrd, disk, bytes) : null;
            return BootLoader.Linux(Read(linux, kernel, bytes), ramDisk, commandLine, bytes, shape, Bits(invocation) ?? 32);
        }

        if (invocation.Get(multiboot) is { } elf)
        {
            (BootImage Image, string CommandLine)[] modules = [.. (invocation.Get(module) ?? []).Select(text => Module(text, bytes))];
            return BootLoader.Multiboot(Read(multiboot, elf, bytes), modules, commandLine, bytes, shape);
        }

        string image = invocation.Get(flat)!;
        ulong at = invocation.Get(load) is { } where ? Quantities.Number("--load", where) : throw new UsageException("--flat: --load ADDR is missing");
        ulong first = invocation.Get(entry) is { } start ? Quantities.Number("--entry", start) : at;
        int bits = Bits(invocation) ?? throw new UsageException("--flat: --mode 16, 32 or 64 is missing");
        return BootLoader.Flat(Read(flat, image, bytes), at, first, bits, bytes, shape);
    }

    private int? Bits(Invocation invocation) => invocation.Get(mode) switch
    {
        "16" => 16,
        "32" => 32,
        "64" => 64,
        null => null,
        var other => throw new UsageException($"--mode {other}: 16, 32 or 64 can be"),
    };

    private (BootImage Image, string CommandLine) Module(string text, ulong memoryBytes)
    {
        int space = File.Exists(text) ? -1 : text.IndexOf(' ', StringComparison.Ordinal);
        string path = space < 0 ? text : text[..space];
        return (Read(module, path, memoryBytes), space < 0 ? "" : text[(space + 1)..]);
    }

    private static BootImage Read(Option option, string path, ulong memoryBytes)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                throw new UsageException($"{option.Name} {path}: there is no such file");
            if ((ulong)file.Length > memoryBytes || file.Length > LargestImage)
            {
                string most = Quantities.Bytes((long)memoryBytes);
                throw new UsageException(
                    $"{option.Name} {path}: {Quantities.Bytes(file.Length)} do not fit into {most} of guest memory; give it more with --memory");
            }

            return new BootImage(file.Name, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option.Name} {path}: cannot be read: {e.Message}", e);
        }
    }

    private MachineManifest Manifest(Invocation invocation, ulong bytes, BootManifest boot)
    {
        string flavour = invocation.Get(vendor)!;
        if (flavour is not ("vmx" or "svm"))
            throw new UsageException($"--vendor {flavour}: vmx or svm can be");
        string profile = invocation.Get(patches)!;
        if (profile != "latest")
            throw new UsageException($"--patches {profile}: profiles other than 'latest' arrive with the hypervisor's patch series");
        int processors = invocation.Get(vcpus);
        if (processors is < 1 or > LargestMachine)
            throw new UsageException($"--vcpus {processors}: a machine has at least one and at most {LargestMachine}");
        return new MachineManifest
        {
            MemoryBytes = bytes,
            Vcpus = processors,
            CpuModel = invocation.Get(cpu)!,
            Vendor = flavour,
            Patches = profile,
            WallClockStart = invocation.Get(wallClock) is { } seconds
                ? checked((long)Math.Min(Quantities.Number("--wall-clock", seconds), long.MaxValue))
                : invocation.Doors.Clock.GetUtcNow().ToUnixTimeSeconds(),
            Boot = boot,
            ReplayVmmVersion = CommandLine.Version,
            RuntimeVersion = invocation.Doors.RuntimeVersion,
        };
    }
}
