using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>Ports and devices' memory.</summary>
public static partial class ExitHandlers
{
    /// <summary>IN, OUT, INS, OUTS (SDM table 28-5): bits 2:0 size - 1, bit 3 direction, bits 31:16 port.</summary>
    private static void IoInstruction(in ExitContext context)
    {
        ulong qualification = context.Exit.Qualification;
        int size = (int)(qualification & 7) + 1;
        ushort port = (ushort)(qualification >> 16);
        bool isInput = (qualification & 8) != 0;
        if (isInput)
            context.Events.Write(EventKind.PortRead, port, (ulong)size, context.Answers.ReadPort(port, size), context.Rip);
        else
            context.Events.Write(EventKind.PortWritten, port, (ulong)size, context.Exit.Data & Ones(size), context.Rip);
    }

    /// <summary>
    /// An access outside memory (SDM table 28-7) is a device's, or nobody's: reads give all ones then and stores are lost, as on a PC. A
    /// store to a read-only slot is lost
    /// too. What straddles the end of memory asks for its part alone, so any size from 1 to 8 comes here. The interpreter
    /// fetches all ones there; a processor that exits instead would need an emulator.
    /// </summary>
    private static void EptViolation(in ExitContext context)
    {
        const ulong Write = 2, Execute = 4;
        ref readonly VmExit exit = ref context.Exit;
        ulong address = exit.GuestPhysicalAddress;
        int size = exit.AccessSize;
        if ((exit.Qualification & Execute) != 0 || size is < 1 or > 8)
            context.Fail(Suberrors.Emulation, address);
        else if ((exit.Qualification & Write) != 0)
            context.Events.Write(EventKind.MmioWritten, address, (ulong)size, exit.Data & Ones(size), context.Rip);
        else
            context.Events.Write(EventKind.MmioRead, address, (ulong)size, context.Answers.ReadMmio(address, size) & Ones(size), context.Rip);
    }

    private static ulong Ones(int size) => ulong.MaxValue >> (64 - (8 * size));
}
