using System.CommandLine;
using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>The options of <c>record</c> that say which virtio devices a machine has.</summary>
internal sealed class VirtioOptions
{
    private const string ConsoleDevice = "console", EntropyDevice = "entropy", None = "none", SerialPort = "com1", VirtioPort = "hvc0";

    private readonly Option<string?> disk = new("--disk")
    {
        Description = "Disk image of the guest's /dev/vda: read only, what the guest writes is kept beside it",
        HelpName = "IMAGE",
    };

    private readonly Option<string> devices = new("--virtio")
    {
        Description = "Other virtio devices, with commas between",
        HelpName = "console,entropy|none",
        DefaultValueFactory = _ => $"{ConsoleDevice},{EntropyDevice}",
    };

    private readonly Option<string> inputTo = new("--input-to")
    {
        Description = "Where what is typed goes",
        HelpName = $"{SerialPort}|{VirtioPort}",
        DefaultValueFactory = _ => SerialPort,
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(disk);
        command.Options.Add(devices);
        command.Options.Add(inputTo);
    }

    /// <summary>The devices that the firmware's tables name.</summary>
    /// <exception cref="UsageException">There is no such device.</exception>
    public VirtioSlots Slots(Invocation invocation)
    {
        string[] wanted = Devices(invocation.Get(devices)!);
        return (invocation.Get(disk) is null ? VirtioSlots.None : VirtioSlots.Block)
            | (wanted.Contains(ConsoleDevice, StringComparer.Ordinal) ? VirtioSlots.Console : VirtioSlots.None)
            | (wanted.Contains(EntropyDevice, StringComparer.Ordinal) ? VirtioSlots.Entropy : VirtioSlots.None);
    }

    /// <summary>Adds the devices to <paramref name="manifest"/>.</summary>
    /// <param name="invocation">What was typed.</param>
    /// <param name="manifest">The machine without them.</param>
    /// <param name="image">The disk's image, opened; null where there is none.</param>
    /// <exception cref="UsageException">The options do not fit together, or the image cannot be read.</exception>
    /// <exception cref="BootException">The image is none that a disk can have.</exception>
    public MachineManifest Complete(Invocation invocation, MachineManifest manifest, out DiskImage? image)
    {
        string[] wanted = Devices(invocation.Get(devices)!);
        string input = invocation.Get(inputTo)!;
        if (input is not (SerialPort or VirtioPort))
            throw new UsageException($"--input-to {input}: {SerialPort} or {VirtioPort} can be");
        if (input == VirtioPort && !wanted.Contains(ConsoleDevice, StringComparer.Ordinal))
            throw new UsageException($"--input-to {VirtioPort}: --virtio leaves the console out");
        image = null;
        if (invocation.Get(disk) is { } path)
            image = DiskImages.OpenNamed(path);
        return manifest with
        {
            VirtioConsole = wanted.Contains(ConsoleDevice, StringComparer.Ordinal),
            VirtioEntropy = wanted.Contains(EntropyDevice, StringComparer.Ordinal),
            InputToVirtioConsole = input == VirtioPort,
            Disk = image is null ? null : invocation.Disks.Describe(image),
        };
    }

    private static string[] Devices(string text)
    {
        if (text == None)
            return [];
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        foreach (string name in names)
        {
            if (name is not (ConsoleDevice or EntropyDevice))
            {
                string hint = NearNames.Hint(name, [ConsoleDevice, EntropyDevice, None], $"; there are {ConsoleDevice} and {EntropyDevice}, or {None}");
                throw new UsageException($"--virtio {text}: there is no device '{name}'{hint}");
            }
        }

        return names;
    }
}
