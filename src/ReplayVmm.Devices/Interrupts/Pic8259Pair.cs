namespace ReplayVmm.Devices;

/// <summary>
/// The two cascaded 8259A of a PC at 20h/21h and A0h/A1h, with the edge/level registers of later chipsets at 4D0h/4D1h. The slave's output
/// is the master's input 2. After power-on no interrupt passes until both chips have been initialised.
/// </summary>
public sealed class Pic8259Pair : IPortDevice
{
    private const int CascadeInput = 2;
    private const byte CascadeBit = 1 << CascadeInput;
    private const byte MasterLevelSelectable = 0xF8, SlaveLevelSelectable = 0xDE;

    private readonly IInterruptLine output;
    private readonly InputLine[] lines = new InputLine[16];
    private Pic8259State state;

    /// <summary>The pair, driving <paramref name="output"/>: the processor's INTR pin or a local APIC's LINT0.</summary>
    public Pic8259Pair(IInterruptLine output)
    {
        this.output = output;
        for (int irq = 0; irq < lines.Length; irq++)
            lines[irq] = new InputLine(this, irq);
        Reset();
    }

    /// <inheritdoc/>
    public string Name => "pic";

    /// <inheritdoc/>
    public Span<byte> State => DeviceState.BytesOf(ref state);

    /// <summary>Its ports.</summary>
    public IReadOnlyList<PortClaim> Ports => [new(this, 0x20, 2), new(this, 0xA0, 2), new(this, 0x4D0, 2)];

    /// <summary>The INT output of the master: an interrupt waits for <see cref="Acknowledge"/>.</summary>
    public bool Intr => state.Master.Requesting(MasterCascade) >= 0;

    private byte MasterCascade => state.Master.Cascaded ? (byte)(state.Master.Icw3 & CascadeBit) : (byte)0;

    /// <summary>The wire of an ISA interrupt.</summary>
    /// <param name="irq">0 to 15 without 2, which is the cascade.</param>
    public IInterruptLine Line(int irq)
    {
        if ((uint)irq > 15 || irq == CascadeInput)
            throw new ArgumentOutOfRangeException(nameof(irq), irq, "an ISA interrupt is 0 to 15, and 2 is the cascade");
        return lines[irq];
    }

    /// <summary>Power-on: both chips uninitialised and silent. Wires keep their level.</summary>
    public void Reset()
    {
        byte master = state.Master.Lines, slave = state.Slave.Lines;
        state = default;
        state.Master.Lines = (byte)(master & ~CascadeBit);
        state.Slave.Lines = slave;
        state.Master.LowestPriority = 7;
        state.Slave.LowestPriority = 7;
        Update();
    }

    /// <summary>
    /// The processor's interrupt acknowledge cycle: the vector, 0 to 255. When the request has gone meanwhile it is that of input 7 (or 15 if the
    /// slave's went) and nothing enters service there.
    /// </summary>
    public int Acknowledge()
    {
        int input = state.Master.Requesting(MasterCascade);
        state.Master.Acknowledge(input);
        int vector = state.Master.Vector(input);
        if (input == CascadeInput && MasterCascade != 0)
        {
            int slaveInput = state.Slave.Requesting(0);
            state.Slave.Acknowledge(slaveInput);
            vector = state.Slave.Vector(slaveInput);
            // INT drops during the cycle; with automatic end of interrupt the next request would otherwise show the master no edge.
            state.Master.SetLine(CascadeInput, asserted: false);
        }

        Update();
        return vector;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        switch (port)
        {
            case 0x4D0:
                return state.Master.LevelSelect;
            case 0x4D1:
                return state.Slave.LevelSelect;
        }

        uint value = port < 0xA0 ? state.Master.Read((port & 1) != 0, MasterCascade) : state.Slave.Read((port & 1) != 0, 0);
        Update();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        switch (port)
        {
            case 0x4D0:
                state.Master.LevelSelect = (byte)(value & MasterLevelSelectable);
                break;
            case 0x4D1:
                state.Slave.LevelSelect = (byte)(value & SlaveLevelSelectable);
                break;
            case < 0xA0:
                state.Master.Write((port & 1) != 0, (byte)value);
                break;
            default:
                state.Slave.Write((port & 1) != 0, (byte)value);
                break;
        }

        Update();
    }

    private void SetLine(int irq, bool asserted)
    {
        ref Pic8259Chip chip = ref irq < 8 ? ref state.Master : ref state.Slave;
        int input = irq & 7;
        if (((chip.Lines >> input) & 1) != 0 == asserted)
            return;
        chip.SetLine(input, asserted);
        Update();
    }

    private void Update()
    {
        state.Master.SetLine(CascadeInput, state.Slave.Requesting(0) >= 0);
        output.Set(Intr);
    }

    private sealed class InputLine(Pic8259Pair pic, int irq) : IInterruptLine
    {
        public void Set(bool asserted) => pic.SetLine(irq, asserted);
    }
}
