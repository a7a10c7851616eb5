using System.Runtime.InteropServices;

namespace ReplayVmm.Devices;

/// <summary>The controller and the keyboard; all that <see cref="Keyboard8042"/> remembers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Keyboard8042State
{
    /// <summary>What the keyboard has sent and the controller not yet taken.</summary>
    public FifoBytes Queue;
    public byte QueueHead;
    public byte QueueCount;

    /// <summary>What the controller itself wants to say next, and its status bits.</summary>
    public byte Reply;
    public byte ReplyStatus;
    public byte ReplyPending;

    public byte Output;
    public byte Status;
    public byte CommandByte;
    public byte OutputPort;

    /// <summary>Controller command that waits for its data byte; 0 for none.</summary>
    public byte ControllerCommand;

    /// <summary>Keyboard command that waits for its parameter; 0 for none.</summary>
    public byte KeyboardCommand;
    public byte LastSent;
    public byte ScanCodeSet;
    public byte Scanning;
    public byte Leds;

    /// <summary>80h after a release prefix that translation holds back.</summary>
    public byte ReleaseSeen;

    /// <summary>Controller memory; byte 0 is the command byte above.</summary>
    public FifoBytes MemoryLow;
    public FifoBytes MemoryHigh;
}
