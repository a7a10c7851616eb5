using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>Processors that can sit in a machine.</summary>
internal static class Seats
{
    /// <summary>The interpreter with the manifest's CPU model.</summary>
    public static ProcessorSeat Interpreter(MachineManifest manifest) => throw new NotSupportedException(manifest.CpuModel);
}
