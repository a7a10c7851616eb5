using ReplayVmm.Machine;

namespace ReplayVmm.Cli;

/// <summary>A guest that is ready to run.</summary>
/// <param name="Path">The image that was named.</param>
/// <param name="Plan">What the loader made of it.</param>
/// <param name="Manifest">The machine it runs in.</param>
/// <param name="Disk">The image of its disk, opened; null where it has none. The machine disposes of it.</param>
internal sealed record Guest(string Path, BootPlan Plan, MachineManifest Manifest, DiskImage? Disk);
