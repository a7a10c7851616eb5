namespace ReplayVmm.Devices;

/// <summary>
/// The 8042 keyboard controller at 60h/64h (IBM PC/AT and PS/2 technical references) with a keyboard behind it and nothing at the auxiliary port:
/// a byte sent there comes back as FEh with the time-out bit, as when no mouse is plugged in. Everything is answered at once; the next byte
/// stands in the output buffer as soon as one has been read.
/// </summary>
public sealed class Keyboard8042 : IPortDevice
{
    private const byte OutputFull = 0x01, SystemFlag = 0x04, LastWasCommand = 0x08, Unlocked = 0x10, AuxiliaryFull = 0x20, TimeOut = 0x40;
    private const byte KeyboardInterrupt = 0x01, AuxiliaryInterrupt = 0x02, KeyboardDisabled = 0x10, AuxiliaryDisabled = 0x20, Translate = 0x40;
    private const byte NotReset = 0x01, AddressLine20 = 0x02;
    private const byte ReleasePrefix = 0xF0;

    private readonly IPlatform platform;
    private readonly IInterruptLine keyboardLine;
    private readonly IInterruptLine auxiliaryLine;
    private Keyboard8042State state;

    /// <summary>The controller with its two interrupts.</summary>
    /// <param name="platform">Takes reset and address line 20.</param>
    /// <param name="keyboardLine">IRQ 1.</param>
    /// <param name="auxiliaryLine">IRQ 12.</param>
    public Keyboard8042(IPlatform platform, IInterruptLine keyboardLine, IInterruptLine auxiliaryLine)
    {
        this.platform = platform;
        this.keyboardLine = keyboardLine;
        this.auxiliaryLine = auxiliaryLine;
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "i8042";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x60, 1), new(this, 0x64, 1)];

    /// <summary>How many more bytes <see cref="Feed"/> takes now without losing one.</summary>
    public int FeedCapacity => Math.Max(0, FifoBytes.Length - state.QueueCount);

    /// <summary>The lamps: bit 0 scroll lock, bit 1 number lock, bit 2 capitals lock.</summary>
    public byte Leds => state.Leds;

    /// <summary>
    /// As PC firmware leaves it: self-test passed, keyboard on with translation and interrupt, auxiliary port off, address line 20 passing.
    /// </summary>
    public void Reset()
    {
        state = default;
        state.Status = SystemFlag | Unlocked;
        state.CommandByte = KeyboardInterrupt | SystemFlag | AuxiliaryDisabled | Translate;
        state.OutputPort = 0xCC | AddressLine20 | NotReset;
        AtKeyboard.Reset(ref state);
        UpdateLines();
    }

    /// <summary>
    /// The keyboard sends bytes of scan code set 2 (make codes, F0h before a release, E0h before extended keys). What finds the queue full or
    /// scanning off is lost.
    /// </summary>
    public void Feed(ReadOnlySpan<byte> codes)
    {
        if (state.Scanning == 0)
            return;
        foreach (byte code in codes)
            AtKeyboard.Enqueue(ref state, code);
        Refill();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        if (port != 0x60)
            return state.Status;
        byte value = state.Output;
        state.Status &= unchecked((byte)~(OutputFull | AuxiliaryFull | TimeOut));
        UpdateLines();
        Refill();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        byte data = (byte)value;
        if (port != 0x60)
        {
            state.Status |= LastWasCommand;
            state.ControllerCommand = 0;
            Command(data);
        }
        else
        {
            state.Status &= unchecked((byte)~LastWasCommand);
            byte command = state.ControllerCommand;
            state.ControllerCommand = 0;
            if (command != 0)
            {
                CommandData(command, data);
            }
            else
            {
                // Writing to the keyboard switches its interface on again.
                state.CommandByte &= unchecked((byte)~KeyboardDisabled);
                AtKeyboard.Receive(ref state, data);
            }
        }

        UpdateLines();
        Refill();
    }

    private void Command(byte command)
    {
        switch (command)
        {
            case 0x20:
                Answer(state.CommandByte);
                break;
            case > 0x20 and <= 0x3F:
                Answer(Memory(command));
                break;
            case >= 0x60 and <= 0x7F or 0xCB or 0xD1 or 0xD2 or 0xD3 or 0xD4:
                state.ControllerCommand = command;
                break;
            case 0xA4:
                Answer(0xF1);
                break;
            case 0xA7:
                state.CommandByte |= AuxiliaryDisabled;
                break;
            case 0xA8:
                state.CommandByte &= unchecked((byte)~AuxiliaryDisabled);
                break;
            case 0xA9 or 0xAB:
                Answer(0x00);
                break;
            case 0xAA:
                state.Status |= SystemFlag;
                state.CommandByte |= SystemFlag;
                Answer(0x55);
                break;
            case 0xAD:
                state.CommandByte |= KeyboardDisabled;
                break;
            case 0xAE:
                state.CommandByte &= unchecked((byte)~KeyboardDisabled);
                break;
            case 0xC0:
                Answer(0x80);
                break;
            case 0xCA:
                Answer(0x01);
                break;
            case 0xD0:
                Answer((byte)(state.OutputPort | (KeyboardAsserted ? 0x10 : 0) | (AuxiliaryAsserted ? 0x20 : 0)));
                break;
            case 0xDD or 0xDF:
                SetOutputPort((byte)((state.OutputPort & ~AddressLine20) | ((command & AddressLine20) != 0 ? AddressLine20 : 0)));
                break;
            case 0xE0:
                Answer(0x00);
                break;
            case >= 0xF0 when (command & NotReset) == 0:
                platform.Request(PlatformRequest.Reset, 0);
                break;
        }
    }

    private void CommandData(byte command, byte data)
    {
        switch (command)
        {
            case 0x60:
                state.CommandByte = data;
                state.Status = (byte)((state.Status & ~SystemFlag) | (data & SystemFlag));
                break;
            case <= 0x7F:
                Memory(command) = data;
                break;
            case 0xD1:
                SetOutputPort(data);
                break;
            case 0xD2:
                Answer(data);
                break;
            case 0xD3:
                Answer(data, AuxiliaryFull);
                break;
            case 0xD4:
                state.CommandByte &= unchecked((byte)~AuxiliaryDisabled);
                Answer(AtKeyboard.Resend, AuxiliaryFull | TimeOut);
                break;
        }
    }

    private ref byte Memory(byte command)
    {
        int index = command & 0x1F;
        return ref index < FifoBytes.Length ? ref state.MemoryLow[index] : ref state.MemoryHigh[index - FifoBytes.Length];
    }

    private void SetOutputPort(byte value)
    {
        int changed = value ^ state.OutputPort;
        state.OutputPort = (byte)((value & ~0x30) | NotReset);
        if ((changed & AddressLine20) != 0)
            platform.Request(PlatformRequest.AddressLine20, (value & AddressLine20) != 0 ? 1u : 0);
        if ((value & NotReset) == 0)
            platform.Request(PlatformRequest.Reset, 0);
    }

    private void Answer(byte value, byte status = 0)
    {
        state.Reply = value;
        state.ReplyStatus = status;
        state.ReplyPending = 1;
    }

    /// <summary>Fills an empty output buffer: the controller's own answer first, then the keyboard unless it is switched off.</summary>
    private void Refill()
    {
        while ((state.Status & OutputFull) == 0)
        {
            if (state.ReplyPending != 0)
            {
                state.ReplyPending = 0;
                Show(state.Reply, state.ReplyStatus);
            }
            else if (state.QueueCount != 0 && (state.CommandByte & KeyboardDisabled) == 0)
            {
                ShowKey(AtKeyboard.Dequeue(ref state));
            }
            else
            {
                return;
            }
        }
    }

    private void ShowKey(byte value)
    {
        if ((state.CommandByte & Translate) == 0)
        {
            Show(value, 0);
        }
        else if (value == ReleasePrefix)
        {
            // Set 1 says release by bit 7 of the code itself, so the prefix waits for it.
            state.ReleaseSeen = 0x80;
        }
        else
        {
            Show((byte)(ScanCodes.ToSet1(value) | state.ReleaseSeen), 0);
            state.ReleaseSeen = 0;
        }
    }

    private void Show(byte value, byte status)
    {
        state.Output = value;
        state.Status = (byte)((state.Status & ~(AuxiliaryFull | TimeOut)) | OutputFull | status);
        UpdateLines();
    }

    private bool KeyboardAsserted => (state.Status & (OutputFull | AuxiliaryFull)) == OutputFull;

    private bool AuxiliaryAsserted => (state.Status & (OutputFull | AuxiliaryFull)) == (OutputFull | AuxiliaryFull);

    private void UpdateLines()
    {
        keyboardLine.Set(KeyboardAsserted && (state.CommandByte & KeyboardInterrupt) != 0);
        auxiliaryLine.Set(AuxiliaryAsserted && (state.CommandByte & AuxiliaryInterrupt) != 0);
    }
}
