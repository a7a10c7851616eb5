using ReplayVmm.Machine;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>The least manifest of a machine.</summary>
internal static class Manifests
{
    /// <summary>Memory of that machine in bytes.</summary>
    public const ulong MemoryBytes = 2 << 20;

    /// <summary>A machine that starts at 1000h in real mode.</summary>
    public static MachineManifest Least => new()
    {
        MemoryBytes = MemoryBytes,
        CpuModel = "x86-64-v3",
        WallClockStart = 1_700_000_000,
        Quantum = 1000,
        ReplayVmmVersion = "0",
        RuntimeVersion = "0",
        Boot = new BootManifest { Protocol = "flat", Files = [], Mode = 16, Entry = 0x1000, Registers = [0, 0, 0, 0, 0x7000, 0, 0, 0] },
    };
}
