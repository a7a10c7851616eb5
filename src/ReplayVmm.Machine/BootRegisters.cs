using ReplayVmm.Processor;

namespace ReplayVmm.Machine;

/// <summary>The first processor's registers at its first instruction.</summary>
internal static class BootRegisters
{
    /// <summary>Puts the state that <paramref name="boot"/> describes into <paramref name="processor"/>.</summary>
    public static void Load(IVirtualProcessor processor, BootManifest boot) => throw new NotSupportedException(boot.Protocol);
}
