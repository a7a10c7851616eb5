using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// IN and OUT (SDM volume 2; volume 1, 18.5: IOPL and the permission bitmap; exits: volume 3, 25.6.4 and table 28-5). Where no exit is
/// asked for, nothing answers:
/// IN gives ones.
/// </summary>
internal static unsafe class Ports
{
    /// <summary>Qualification: the direction is IN.</summary>
    public const ulong QualifyIn = 1 << 3;
    /// <summary>Qualification: a string instruction.</summary>
    public const ulong QualifyString = 1 << 4;
    /// <summary>Qualification: a REP prefix.</summary>
    public const ulong QualifyRep = 1 << 5;
    private const ulong QualifyImmediate = 1 << 6;

    /// <summary>IN AL/AX/EAX, imm8 or DX.</summary>
    public static bool BindIn(ref BindContext b)
    {
        bool immediate = b.Source.Op1Kind == OpKind.Immediate8;
        b.Target->Immediate = immediate ? b.Source.Immediate8 : -1;
        b.Target->Handler = b.Source.Op0Register.GetSize() switch
        {
            1 => &In<byte>,
            2 => &In<ushort>,
            _ => &In<uint>,
        };
        return true;
    }

    /// <summary>OUT imm8 or DX, AL/AX/EAX.</summary>
    public static bool BindOut(ref BindContext b)
    {
        bool immediate = b.Source.Op0Kind == OpKind.Immediate8;
        b.Target->Immediate = immediate ? b.Source.Immediate8 : -1;
        b.Target->Handler = b.Source.Op1Register.GetSize() switch
        {
            1 => &Out<byte>,
            2 => &Out<ushort>,
            _ => &Out<uint>,
        };
        return true;
    }

    /// <summary>
    /// Whether the program may use these ports: IOPL, else the TSS's bitmap. False: #GP(0), or a fault of the TSS reads, is pending.
    /// </summary>
    public static bool TryAllow(Core* c, ushort port, int size)
    {
        if (OperatingMode.IsReal(c) || (c->State.Cpl <= OperatingMode.Iopl(c) && !OperatingMode.IsVirtual8086(c)))
            return true;
        return TaskState.TryAllowPorts(c, port, size);
    }

    /// <summary>Whether the controls want an exit. A range that wraps around 16 bits always exits where there is a bitmap.</summary>
    public static bool DoesExit(Core* c, ushort port, int size)
    {
        if (Exits.Controls(c).IoBitmap is not { } bitmap || port + size > 0x10000)
            return true;
        for (int p = port; p < port + size; p++)
        {
            if ((bitmap[p >> 3] & (1 << (p & 7))) != 0)
                return true;
        }
        return false;
    }

    /// <summary>The exit of an access of <paramref name="size"/> bytes.</summary>
    public static VmExit Access(DecodedInstruction* i, ushort port, int size, ulong qualifiers, ulong data) => new()
    {
        Reason = ExitReason.IoInstruction,
        InstructionLength = i->Length,
        Qualification = (uint)(size - 1) | qualifiers | ((ulong)port << 16),
        Data = data,
    };

    private static Outcome In<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ushort port = PortOf(c, i, out ulong form);
        if (!TryAllow(c, port, sizeof(T)))
            return Outcome.Stop;
        if (DoesExit(c, port, sizeof(T)))
            return Exits.Raise(c, i, Access(i, port, sizeof(T), QualifyIn | form, 0), &FinishIn<T>);
        FinishIn<T>(c, i, ulong.MaxValue, valid: true);
        return Outcome.Next;
    }

    private static void FinishIn<T>(Core* c, DecodedInstruction* i, ulong result, bool valid) where T : unmanaged, System.Numerics.IBinaryInteger<T> =>
        Reg.Set(c, Slot.Gpr(0), T.CreateTruncating(result));

    private static Outcome Out<T>(Core* c, DecodedInstruction* i) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        ushort port = PortOf(c, i, out ulong form);
        if (!TryAllow(c, port, sizeof(T)))
            return Outcome.Stop;
        return DoesExit(c, port, sizeof(T))
            ? Exits.Raise(c, i, Access(i, port, sizeof(T), form, ulong.CreateTruncating(Reg.Get<T>(c, Slot.Gpr(0)))))
            : Outcome.Next;
    }

    private static ushort PortOf(Core* c, DecodedInstruction* i, out ulong form)
    {
        form = i->Immediate >= 0 ? QualifyImmediate : 0;
        return i->Immediate >= 0 ? (ushort)i->Immediate : (ushort)c->State.Gpr[2];
    }
}
