namespace ReplayVmm.Processor;

/// <summary>The slow half of memory access: TLB, page walk, page crossing, second-level mapping, devices, code pages, breakpoints.</summary>
internal static unsafe class MemoryUnit
{
    /// <summary>Loads with the privilege of the running program.</summary>
    public static bool Read<T>(Core* c, ulong linear, out T value) where T : unmanaged => throw new NotSupportedException();
    /// <summary>Loads what the same instruction will store to.</summary>
    public static bool ReadForWrite<T>(Core* c, ulong linear, out T value) where T : unmanaged => throw new NotSupportedException();
    /// <summary>Stores with the privilege of the running program.</summary>
    public static bool Write<T>(Core* c, ulong linear, T value) where T : unmanaged => throw new NotSupportedException();
    /// <summary>Loads as the processor itself does (descriptor tables, TSS): supervisor privilege whatever the CPL.</summary>
    public static bool ReadSystem<T>(Core* c, ulong linear, out T value) where T : unmanaged => throw new NotSupportedException();
    /// <summary>Stores as the processor itself does.</summary>
    public static bool WriteSystem<T>(Core* c, ulong linear, T value) where T : unmanaged => throw new NotSupportedException();
    /// <summary>Checks that an access would succeed (stack switches, ENTER, before anything is changed); fills translations as the access would.</summary>
    public static bool Probe(Core* c, ulong linear, int size, bool write) => throw new NotSupportedException();
}
