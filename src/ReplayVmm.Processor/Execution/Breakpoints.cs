namespace ReplayVmm.Processor;

/// <summary>The debug registers (SDM volume 3, 18.2): which breakpoints an access or an instruction hits.</summary>
// SAFETY: the core is valid for the interpreter's life; register numbers are 0 to 3.
internal static unsafe class Breakpoints
{
    private const int Instruction = 0, DataWrite = 1, PortAccess = 2, DataAccess = 3;

    /// <summary>True where DR7 enables any breakpoint.</summary>
    public static bool AnyEnabled(ref CpuState s) => (s.Dr7 & 0xFF) != 0;

    /// <summary>Bits B0 to B3 of the instruction breakpoints at <paramref name="linear"/>.</summary>
    public static uint InstructionHits(Core* c, ulong linear)
    {
        uint hits = 0;
        for (int n = 0; n < 4; n++)
        {
            if (Enabled(c, n) && TypeOf(c, n) == Instruction && c->State.Dr[n] == linear)
                hits |= 1u << n;
        }
        return hits;
    }

    /// <summary>Notes the data breakpoints that a load or store of the program hits; the trap comes when the instruction has retired.</summary>
    public static void Access(Core* c, ulong linear, int size, bool write)
    {
        for (int n = 0; n < 4; n++)
        {
            int type = TypeOf(c, n);
            if (Enabled(c, n) && (type == DataAccess || (type == DataWrite && write)) && Overlaps(c, n, linear, (uint)size))
                c->DebugHits |= 1u << n;
        }
    }

    /// <summary>Notes the I/O breakpoints that an access to <paramref name="port"/> hits (CR4.DE).</summary>
    public static void PortAccessed(Core* c, ushort port, int size)
    {
        for (int n = 0; c->Debugging && n < 4; n++)
        {
            if (Enabled(c, n) && TypeOf(c, n) == PortAccess && (c->State.Cr4 & Cr4.De) != 0 && Overlaps(c, n, port, (uint)size))
                c->DebugHits |= 1u << n;
        }
    }

    /// <summary>True where a data breakpoint lies in the page of <paramref name="linear"/>.</summary>
    public static bool WatchPage(Core* c, ulong linear)
    {
        for (int n = 0; n < 4; n++)
        {
            if (Enabled(c, n) && TypeOf(c, n) is DataWrite or DataAccess && Overlaps(c, n, linear & ~0xFFFul, 4096))
                return true;
        }
        return false;
    }

    private static bool Enabled(Core* c, int n) => ((c->State.Dr7 >> (n * 2)) & 3) != 0;

    private static int TypeOf(Core* c, int n) => (int)(c->State.Dr7 >> (16 + (n * 4))) & 3;

    private static bool Overlaps(Core* c, int n, ulong address, ulong size)
    {
        ulong length = ((c->State.Dr7 >> (18 + (n * 4))) & 3) switch { 0 => 1, 1 => 2, 2 => 8, _ => 4 };
        ulong start = c->State.Dr[n] & ~(length - 1);
        return start - address < size || address - start < length;
    }
}
