using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>Registers of one 16550; all that <see cref="Serial16550"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Serial16550State
{
    public ulong TimeoutAt;
    public FifoBytes Fifo;
    public byte FifoHead;
    public byte FifoCount;
    public byte LastReceived;
    public ushort Divisor;
    public byte InterruptEnable;
    public byte FifoControl;
    public byte LineControl;
    public byte ModemControl;
    public byte Overrun;
    public byte ModemDeltas;
    public byte Scratch;
    public byte TransmitterEmptied;
    public byte CharacterTimeout;
}
