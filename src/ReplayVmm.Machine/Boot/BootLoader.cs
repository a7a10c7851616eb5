namespace ReplayVmm.Machine;

/// <summary>Turns boot images into memory contents and a starting state.</summary>
public static class BootLoader
{
    /// <summary>A Linux kernel: a bzImage by its 32-bit or 64-bit entry, or an uncompressed one (ELF) by its PVH entry.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="initrd">An initial RAM disk; null for none.</param>
    /// <param name="commandLine">The kernel's command line.</param>
    /// <param name="memoryBytes">Guest memory in bytes.</param>
    /// <param name="shape">What the firmware's tables name; null for one processor.</param>
    /// <param name="mode">Mode at the entry: 32 or 64.</param>
    /// <exception cref="BootException">An image is not what it should be, or is cut short, or does not fit.</exception>
    public static BootPlan Linux(
        BootImage kernel, BootImage? initrd, string commandLine, ulong memoryBytes, PlatformShape? shape = null, int mode = 32) =>
        LinuxLoader.Load(kernel, initrd, commandLine, memoryBytes, mode, shape);

    /// <summary>A Multiboot 1 image with modules.</summary>
    /// <param name="kernel">The image.</param>
    /// <param name="modules">Modules in order; each has a command line of its own.</param>
    /// <param name="commandLine">The kernel's command line.</param>
    /// <param name="memoryBytes">Guest memory in bytes.</param>
    /// <param name="shape">What the firmware's tables name; null for one processor.</param>
    /// <exception cref="BootException">The image is not a Multiboot 1 kernel, or it does not fit.</exception>
    public static BootPlan Multiboot(
        BootImage kernel, IReadOnlyList<(BootImage Image, string CommandLine)> modules, string commandLine, ulong memoryBytes, PlatformShape? shape = null) =>
        MultibootLoader.Load(kernel, modules, commandLine, memoryBytes, shape);

    /// <summary>
    /// A flat image, put at <paramref name="load"/> and entered at <paramref name="entry"/> in <paramref name="mode"/> 16, 32 or 64.
    /// </summary>
    /// <exception cref="BootException">It does not fit.</exception>
    public static BootPlan Flat(BootImage image, ulong load, ulong entry, int mode, ulong memoryBytes, PlatformShape? shape = null) =>
        FlatLoader.Load(image, load, entry, mode, memoryBytes, shape);
}
