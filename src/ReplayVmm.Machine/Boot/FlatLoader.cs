namespace ReplayVmm.Machine;

/// <summary>
/// Puts a file into memory as it is and enters it. In 64-bit mode the first 4 GiB are mapped to themselves in 2 MiB pages. The stack
/// pointer is 7C00h in real mode and the
/// end of the RAM below the firmware's data (9FC00h) elsewhere.
/// </summary>
internal static class FlatLoader
{
    private const ulong RealModeStack = 0x7C00, LowArea = 0x1000;

    /// <summary>Lays out the image.</summary>
    /// <exception cref="BootException">It does not fit, or the mode or entry cannot be.</exception>
    public static BootPlan Load(BootImage image, ulong load, ulong entry, int mode, ulong memoryBytes, PlatformShape? shape)
    {
        if (mode is not (16 or 32 or 64))
            throw new BootException($"mode {mode}: give 16, 32 or 64");
        if (image.Bytes.IsEmpty)
            throw new BootException($"{image.Name} is empty");
        var layout = new BootLayout(memoryBytes, shape);
        layout.Reserve(image.Name, load, (ulong)image.Bytes.Length);
        layout.Put(load, image.Bytes);
        if (entry - load >= (ulong)image.Bytes.Length)
            throw new BootException($"entry {entry:x} lies outside {image.Name} at {load:x} to {load + (ulong)image.Bytes.Length - 1:x}");
        if (mode == 16 && entry > 0xFFFFF)
            throw new BootException($"entry {entry:x}: real mode reaches up to fffff");
        var boot = new BootManifest
        {
            Protocol = "flat",
            Files = [BootLayout.Describe("image", image)],
            Mode = mode,
            Entry = entry,
            Registers = [0, 0, 0, 0, mode == 16 ? RealModeStack : MemoryMap.ExtendedBiosData, 0, 0, 0],
            PageTables = mode == 64 ? IdentityMap.Put(layout, LowArea) : 0,
        };
        return new BootPlan(boot, layout.Images);
    }
}
