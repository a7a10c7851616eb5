namespace ReplayVmm.Devices;

/// <content>The registers, by number: offset / 10h in memory, MSR - 800h (SDM volume 3, tables 11-1 and 11-6).</content>
public sealed partial class LocalApic
{
    private const uint FirstMsr = 0x800, LastMsr = 0x8FF, TscDeadlineMsr = 0x6E0;
    private const uint Version = 0x0005_0014;

    private const uint RegisterId = 0x02, RegisterVersion = 0x03, RegisterTaskPriority = 0x08, RegisterArbitration = 0x09;
    private const uint RegisterProcessorPriority = 0x0A, RegisterEoi = 0x0B, RegisterRemoteRead = 0x0C, RegisterLogicalDestination = 0x0D;
    private const uint RegisterDestinationFormat = 0x0E, RegisterSpurious = 0x0F, RegisterInService = 0x10, RegisterTriggerMode = 0x18;
    private const uint RegisterRequest = 0x20, RegisterErrorStatus = 0x28, RegisterCommandLow = 0x30, RegisterCommandHigh = 0x31;
    private const uint RegisterLvt = 0x32, RegisterLvtEnd = 0x37, RegisterInitialCount = 0x38, RegisterCurrentCount = 0x39;
    private const uint RegisterDivide = 0x3E, RegisterSelfIpi = 0x3F;

    private const uint CommandReserved = 0xFFF3_2000, DeliveryStatus = 0x1000;
    private const uint TimerWritable = 0x0007_00FF, SensorWritable = 0x0001_07FF, PinWritable = 0x0001_A7FF, ErrorWritable = 0x0001_00FF;

    /// <summary>
    /// Load from the register page. Registers are 32 bits wide at offsets divisible by 16; elsewhere reads give 0, and all ones unless in
    /// xAPIC mode.
    /// </summary>
    public ulong ReadMemory(ulong offset, int size)
    {
        if (state.Mode != ApicMode.XApic)
            return ulong.MaxValue >> (64 - (8 * size));
        if ((offset & 0xC) != 0)
            return 0;
        if (!TryRead((uint)(offset >> 4) & 0xFF, out uint value))
            ReportError(ErrorIllegalRegister);
        return (value >> (8 * (int)(offset & 3))) & (ulong.MaxValue >> (64 - (8 * size)));
    }

    /// <summary>Store to the register page; only 32-bit stores (or wider, whose upper part is lost) at offsets divisible by 16 count.</summary>
    public void WriteMemory(ulong offset, int size, ulong value)
    {
        if (state.Mode != ApicMode.XApic || (offset & 0xF) != 0 || size < 4)
            return;
        uint register = (uint)(offset >> 4) & 0xFF;
        switch (register)
        {
            case RegisterId or RegisterVersion or RegisterArbitration or RegisterProcessorPriority or RegisterRemoteRead or RegisterCurrentCount:
            case >= RegisterInService and < RegisterErrorStatus:
                break;
            case RegisterLogicalDestination:
                state.LogicalDestination = (uint)value & 0xFF00_0000;
                break;
            case RegisterDestinationFormat:
                state.DestinationFormat = (uint)value | 0x0FFF_FFFF;
                break;
            case RegisterCommandHigh:
                state.InterruptCommand = (uint)state.InterruptCommand | ((value & 0xFF00_0000) << 32);
                break;
            case RegisterCommandLow:
                SendCommand((state.InterruptCommand & 0xFFFF_FFFF_0000_0000) | ((uint)value & ~(CommandReserved | DeliveryStatus)));
                break;
            default:
                if (!TryWrite(register, (uint)value))
                    ReportError(ErrorIllegalRegister);
                break;
        }
    }

    /// <summary>RDMSR of 800h to 8FFh or IA32_TSC_DEADLINE (6E0h).</summary>
    /// <returns>False for #GP: not in x2APIC mode, no such register, or one that cannot be read.</returns>
    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        if (index == TscDeadlineMsr)
        {
            Advance();
            value = state.TscDeadline;
            return true;
        }

        if (state.Mode != ApicMode.X2Apic || index is < FirstMsr or > LastMsr)
            return false;
        uint register = index - FirstMsr;
        switch (register)
        {
            case RegisterCommandLow:
                value = state.InterruptCommand;
                return true;
            case RegisterArbitration or RegisterEoi or RegisterRemoteRead or RegisterDestinationFormat or RegisterCommandHigh:
                return false;
            default:
                bool exists = TryRead(register, out uint low);
                value = low;
                return exists;
        }
    }

    /// <summary>WRMSR of 800h to 8FFh or IA32_TSC_DEADLINE (6E0h).</summary>
    /// <returns>False, with nothing changed, for #GP: not in x2APIC mode, no such register, one that cannot be written, or reserved bits.</returns>
    public bool TryWriteMsr(uint index, ulong value)
    {
        if (index == TscDeadlineMsr)
        {
            WriteTscDeadline(value);
            return true;
        }

        if (!AcceptsMsrWrite(index, value))
            return false;
        uint register = index - FirstMsr;
        if (register == RegisterCommandLow)
            SendCommand(value);
        else if (register == RegisterSelfIpi)
            SendCommand(((ulong)ApicShorthand.Self << 18) | value, remember: false);
        else
            TryWrite(register, (uint)value);
        return true;
    }

    /// <summary>Whether <see cref="TryWriteMsr"/> would succeed; changes nothing.</summary>
    public bool AcceptsMsrWrite(uint index, ulong value)
    {
        if (index == TscDeadlineMsr)
            return true;
        if (state.Mode != ApicMode.X2Apic || index is < FirstMsr or > LastMsr)
            return false;
        ulong? writable = (index - FirstMsr) switch
        {
            RegisterCommandLow => ~(ulong)(CommandReserved | DeliveryStatus),
            RegisterTaskPriority or RegisterSelfIpi => 0xFF,
            RegisterEoi or RegisterErrorStatus => 0,
            RegisterSpurious => 0x3FF,
            RegisterLvt => TimerWritable,
            RegisterLvt + LocalVectorTable.Thermal or RegisterLvt + LocalVectorTable.Performance => SensorWritable | DeliveryStatus,
            RegisterLvt + LocalVectorTable.Lint0 or RegisterLvt + LocalVectorTable.Lint1 => PinWritable | RemoteIrr | DeliveryStatus,
            RegisterLvtEnd => ErrorWritable | DeliveryStatus,
            RegisterInitialCount => uint.MaxValue,
            RegisterDivide => 0xB,
            _ => null,
        };
        return writable is ulong bits && (value & ~bits) == 0;
    }

    /// <summary>FFh is everybody in eight bits, to APICs in either mode.</summary>
    private static uint EverybodyOr(uint destination) => destination == 0xFF ? uint.MaxValue : destination;

    private static bool Exists(uint register) => register is RegisterId or RegisterVersion or (>= RegisterTaskPriority and <= RegisterErrorStatus)
        or (>= RegisterCommandLow and <= RegisterCurrentCount) or RegisterDivide;

    private bool TryRead(uint register, out uint value)
    {
        value = 0;
        if (!Exists(register))
            return false;
        Advance();
        value = register switch
        {
            RegisterId => state.Mode == ApicMode.X2Apic ? Id : Id << 24,
            RegisterVersion => Version,
            RegisterTaskPriority => state.TaskPriority,
            RegisterProcessorPriority => ProcessorPriority,
            RegisterArbitration or RegisterEoi or RegisterRemoteRead => 0,
            RegisterLogicalDestination => LogicalId,
            RegisterDestinationFormat => state.DestinationFormat,
            RegisterSpurious => state.SpuriousVector,
            >= RegisterInService and < RegisterTriggerMode => state.InService.Register((int)(register - RegisterInService)),
            >= RegisterTriggerMode and < RegisterRequest => state.TriggerMode.Register((int)(register - RegisterTriggerMode)),
            >= RegisterRequest and < RegisterErrorStatus => state.Request.Register((int)(register - RegisterRequest)),
            RegisterErrorStatus => state.ErrorStatus,
            RegisterCommandLow => (uint)state.InterruptCommand,
            RegisterCommandHigh => (uint)(state.InterruptCommand >> 32),
            >= RegisterLvt and <= RegisterLvtEnd => state.Lvt[(int)(register - RegisterLvt)],
            RegisterInitialCount => state.InitialCount,
            RegisterCurrentCount => CurrentCount,
            RegisterDivide => state.DivideConfiguration,
            _ => 0,
        };
        return true;
    }

    private bool TryWrite(uint register, uint value)
    {
        Advance();
        switch (register)
        {
            case RegisterTaskPriority:
                state.TaskPriority = (byte)value;
                return true;
            case RegisterEoi:
                EndOfInterrupt();
                return true;
            case RegisterSpurious:
                WriteSpurious(value & 0x3FF);
                return true;
            case RegisterErrorStatus:
                state.ErrorStatus = state.PendingErrors;
                state.PendingErrors = 0;
                return true;
            case >= RegisterLvt and <= RegisterLvtEnd:
                WriteLvt((int)(register - RegisterLvt), value);
                return true;
            case RegisterInitialCount:
                WriteInitialCount(value);
                return true;
            case RegisterDivide:
                WriteDivide(value & 0xB);
                return true;
            default:
                return false;
        }
    }

    private void WriteSpurious(uint value)
    {
        state.SpuriousVector = value;
        if (SoftwareEnabled)
            return;
        for (int i = 0; i < LocalVectorTable.Length; i++)
            state.Lvt[i] |= Masked;
        ArmTimer();
    }

    private void WriteLvt(int entry, uint value)
    {
        uint writable = entry switch
        {
            LocalVectorTable.Timer => TimerWritable,
            LocalVectorTable.Thermal or LocalVectorTable.Performance => SensorWritable,
            LocalVectorTable.Error => ErrorWritable,
            _ => PinWritable,
        };
        uint before = state.Lvt[entry];
        uint written = (value & writable) | (SoftwareEnabled ? 0 : Masked);
        if (entry == LocalVectorTable.Timer)
        {
            WriteTimerEntry(before, written);
            return;
        }

        // Remote IRR is the APIC's own; it ends with level-triggered fixed mode.
        bool level = (written & LevelTriggered) != 0 && DeliveryModeOf(written) == ApicDeliveryMode.Fixed;
        state.Lvt[entry] = written | (level ? before & RemoteIrr : 0);
        if (entry == LocalVectorTable.Lint0)
            SamplePin(entry, rose: false);
    }

    private void SendCommand(ulong command, bool remember = true)
    {
        if (remember)
            state.InterruptCommand = command;
        var mode = (ApicDeliveryMode)((command >> 8) & 7);
        var shorthand = (ApicShorthand)((command >> 18) & 3);
        bool asserted = (command & 0x4000) != 0, level = (command & LevelTriggered) != 0;
        byte vector = (byte)command;
        uint destination = state.Mode == ApicMode.X2Apic ? (uint)(command >> 32) : EverybodyOr((uint)(command >> 56));
        bool needsVector = mode is ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority;
        if (needsVector && vector < FirstLegalVector)
        {
            ReportError(ErrorSendIllegalVector);
            return;
        }

        // INIT level de-assert only resynchronised arbitration identifiers of old processors; reserved modes and ExtINT cannot be sent.
        if (mode is ApicDeliveryMode.Reserved or ApicDeliveryMode.ExtInt || (mode == ApicDeliveryMode.Init && level && !asserted))
            return;
        if (shorthand == ApicShorthand.Self && !needsVector)
            return;
        bus.Send(this, new ApicMessage(destination, (command & 0x800) != 0, mode, vector, LevelTriggered: false), shorthand);
    }
}
