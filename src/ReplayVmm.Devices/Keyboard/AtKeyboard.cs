namespace ReplayVmm.Devices;

/// <summary>
/// The keyboard behind the controller (IBM PC/AT technical reference): its commands and the queue of what it sends. All that it remembers is in
/// <see cref="Keyboard8042State"/>.
/// </summary>
internal static class AtKeyboard
{
    /// <summary>Its answer to a byte that it does not understand.</summary>
    public const byte Resend = 0xFE;

    private const byte Acknowledged = 0xFA;

    /// <summary>Takes a byte from the controller: a command, or the parameter of the one before.</summary>
    public static void Receive(ref Keyboard8042State state, byte data)
    {
        byte command = state.KeyboardCommand;
        state.KeyboardCommand = 0;
        if (command != 0 && data < 0x80)
        {
            Parameter(ref state, command, data);
            return;
        }

        switch (data)
        {
            case 0xED or 0xF0 or 0xF3 or 0xFB or 0xFC or 0xFD:
                state.KeyboardCommand = data;
                Enqueue(ref state, Acknowledged);
                break;
            case 0xEE:
                Enqueue(ref state, 0xEE);
                break;
            case 0xF2:
                Enqueue(ref state, Acknowledged);
                Enqueue(ref state, 0xAB);
                Enqueue(ref state, 0x83);
                break;
            case 0xF4:
                state.Scanning = 1;
                Enqueue(ref state, Acknowledged);
                break;
            case 0xF5:
                Reset(ref state);
                state.Scanning = 0;
                Enqueue(ref state, Acknowledged);
                break;
            case 0xF6:
                Reset(ref state);
                Enqueue(ref state, Acknowledged);
                break;
            case >= 0xF7 and <= 0xFA:
                Enqueue(ref state, Acknowledged);
                break;
            case 0xFE:
                Enqueue(ref state, state.LastSent);
                break;
            case 0xFF:
                Reset(ref state);
                Enqueue(ref state, Acknowledged);
                Enqueue(ref state, 0xAA);
                break;
            default:
                Enqueue(ref state, Resend);
                break;
        }
    }

    private static void Parameter(ref Keyboard8042State state, byte command, byte data)
    {
        Enqueue(ref state, Acknowledged);
        switch (command)
        {
            case 0xED:
                state.Leds = (byte)(data & 7);
                break;
            case 0xF0 when data == 0:
                Enqueue(ref state, state.ScanCodeSet);
                break;
            case 0xF0 when data <= 3:
                state.ScanCodeSet = data;
                break;
        }
    }

    /// <summary>As it is switched on: nothing to send, scanning, code set 2, lamps off.</summary>
    public static void Reset(ref Keyboard8042State state)
    {
        state.Queue = default;
        state.QueueHead = 0;
        state.QueueCount = 0;
        state.KeyboardCommand = 0;
        state.ScanCodeSet = 2;
        state.Scanning = 1;
        state.Leds = 0;
    }

    /// <summary>Has a byte for the controller; what finds the queue full is lost.</summary>
    public static void Enqueue(ref Keyboard8042State state, byte value)
    {
        if (state.QueueCount >= FifoBytes.Length)
            return;
        state.Queue[(state.QueueHead + state.QueueCount) & (FifoBytes.Length - 1)] = value;
        state.QueueCount++;
    }

    /// <summary>The controller takes the oldest byte; there is one.</summary>
    public static byte Dequeue(ref Keyboard8042State state)
    {
        byte value = state.Queue[state.QueueHead & (FifoBytes.Length - 1)];
        state.QueueHead = (byte)((state.QueueHead + 1) & (FifoBytes.Length - 1));
        state.QueueCount--;
        state.LastSent = value;
        return value;
    }
}
