using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>One row of the MSR table.</summary>
// SAFETY: the function pointers name static methods of MsrRules.
public sealed unsafe class MsrRow
{
    internal MsrRow(
        uint index, string name, int slot, ulong reset, CpuFeature? needs,
        delegate*<in MsrAccess, out ulong, bool> read, delegate*<in MsrAccess, ulong, out ulong, bool> write)
    {
        (Index, Name, Slot, Reset, Needs) = (index, name, slot, reset, needs);
        Read = read;
        Write = write;
    }

    /// <summary>The MSR's number.</summary>
    public uint Index { get; }
    /// <summary>The manual's name.</summary>
    public string Name { get; }
    /// <summary>Where <see cref="VcpuState.Msr"/> keeps it, or -1 where the monitor keeps nothing of it.</summary>
    public int Slot { get; }
    /// <summary>Value after power-on.</summary>
    public ulong Reset { get; }
    /// <summary>The feature without which an access is #GP(0); null for none.</summary>
    public CpuFeature? Needs { get; }
    /// <summary>False: the read is #GP(0).</summary>
    internal delegate*<in MsrAccess, out ulong, bool> Read { get; }
    /// <summary>False: the write is #GP(0). The out parameter is the value in force afterwards.</summary>
    internal delegate*<in MsrAccess, ulong, out ulong, bool> Write { get; }
}
