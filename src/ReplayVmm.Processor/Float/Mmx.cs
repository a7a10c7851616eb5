using Iced.Intel;

namespace ReplayVmm.Processor;

/// <summary>
/// The MMX instructions (SDM volume 1, chapter 9): registers MM0 to MM7 are the significands of the x87 registers R0 to R7. Each instruction but EMMS makes R0 the top of the
/// stack and all registers valid; one that writes a register sets its sign and exponent to ones.
/// </summary>
internal static unsafe partial class Mmx
{
    private const int TopMask = 7 << 11;
    private const ushort AllValid = 0xFF, Ones = 0xFFFF;
    private const int WordMask = 3;

    private static readonly delegate*<ulong, ulong, ulong>[] Operations = new delegate*<ulong, ulong, ulong>[(int)Enum.GetValues<Code>().Max() + 1];

    /// <summary>Says what an encoding computes that <see cref="BindOperation"/> is to bind.</summary>
    public static void Define(Code code, delegate*<ulong, ulong, ulong> operation) => Operations[(int)code] = operation;

    /// <summary>mm, mm/m64 and mm, mm/m32; shifts by an immediate.</summary>
    public static bool BindOperation(ref BindContext b)
    {
        b.Target->Immediate = (long)Operations[(int)b.Source.Code];
        b.Target->Destination = Number(ref b, 0);
        if (b.Source.GetOpKind(1) == OpKind.Immediate8)
        {
            b.Target->Displacement = b.Source.Immediate8;
            b.Target->Handler = &Immediate;
        }
        else
        {
            bool narrow = b.Source.MemorySize.GetSize() == sizeof(uint);
            BindSource(ref b, 1, &Registers, narrow ? &Memory<uint> : &Memory<ulong>);
        }
        return true;
    }

    public static bool BindLoad(ref BindContext b)
    {
        b.Target->Destination = Number(ref b, 0);
        return BindSource(ref b, 1, &MoveRegister, &LoadMemory<ulong>);
    }

    public static bool BindLoadGeneral32(ref BindContext b) => BindFromGeneral(ref b, &LoadGeneral<uint>, &LoadMemory<uint>);
    public static bool BindLoadGeneral64(ref BindContext b) => BindFromGeneral(ref b, &LoadGeneral<ulong>, &LoadMemory<ulong>);
    public static bool BindInsert(ref BindContext b) => BindFromGeneral(ref b, &InsertGeneral, &InsertMemory);

    public static bool BindStore(ref BindContext b)
    {
        b.Target->Destination = Number(ref b, 1);
        if (b.IsMemory(0))
            return BindSource(ref b, 0, null, &StoreMemory<ulong>);
        (b.Target->Destination, b.Target->Source) = (Number(ref b, 0), Number(ref b, 1));
        b.Target->Handler = &MoveRegister;
        return true;
    }

    public static bool BindStoreGeneral32(ref BindContext b) => BindToGeneral(ref b, &StoreGeneral<uint>, &StoreMemory<uint>);
    public static bool BindStoreGeneral64(ref BindContext b) => BindToGeneral(ref b, &StoreGeneral<ulong>, &StoreMemory<ulong>);

    public static bool BindShuffle(ref BindContext b)
    {
        b.Target->Destination = Number(ref b, 0);
        b.Target->Immediate = (long)b.Source.GetImmediate(2);
        return BindSource(ref b, 1, &ShuffleRegister, &ShuffleMemory);
    }

    public static bool BindExtract(ref BindContext b)
    {
        (b.Target->Destination, b.Target->Source, b.Target->Immediate) = (b.RegisterSlot(0), Number(ref b, 1), (long)b.Source.GetImmediate(2));
        b.Target->Handler = &Extract;
        return true;
    }

    public static bool BindSigns(ref BindContext b)
    {
        (b.Target->Destination, b.Target->Source) = (b.RegisterSlot(0), Number(ref b, 1));
        b.Target->Handler = &Signs;
        return true;
    }

    public static bool BindEmpty(ref BindContext b) => Handlers.Bind(ref b, &Empty);

    private static byte Number(ref BindContext b, int operand) => (byte)(b.Source.GetOpRegister(operand) - Register.MM0);

    private static bool BindSource(
        ref BindContext b, int operand, delegate*<Core*, DecodedInstruction*, Outcome> register, delegate*<Core*, DecodedInstruction*, Outcome> memory)
    {
        if (b.IsMemory(operand))
            b.BindMemory();
        else
            b.Target->Source = Number(ref b, operand);
        b.Target->Handler = b.IsMemory(operand) ? memory : register;
        return true;
    }

    private static bool BindFromGeneral(
        ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> register, delegate*<Core*, DecodedInstruction*, Outcome> memory)
    {
        b.Target->Destination = Number(ref b, 0);
        if (b.Source.OpCount > 2)
            b.Target->Immediate = (long)b.Source.GetImmediate(2);
        return BindGeneral(ref b, 1, register, memory);
    }

    private static bool BindToGeneral(
        ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> register, delegate*<Core*, DecodedInstruction*, Outcome> memory)
    {
        b.Target->Destination = Number(ref b, 1);
        return BindGeneral(ref b, 0, register, memory);
    }

    private static bool BindGeneral(
        ref BindContext b, int operand, delegate*<Core*, DecodedInstruction*, Outcome> register, delegate*<Core*, DecodedInstruction*, Outcome> memory)
    {
        if (b.IsMemory(operand))
            b.BindMemory();
        else
            b.Target->Source = b.RegisterSlot(operand);
        b.Target->Handler = b.IsMemory(operand) ? memory : register;
        return true;
    }

    private static Outcome Registers(Core* c, DecodedInstruction* i) =>
        IsReady(c) ? Write(c, i->Destination, Compute(c, i, c->State.FpSignificand[i->Source])) : Outcome.Stop;

    private static Outcome Immediate(Core* c, DecodedInstruction* i) =>
        IsReady(c) ? Write(c, i->Destination, Compute(c, i, (ulong)i->Displacement)) : Outcome.Stop;

    private static Outcome Memory<T>(Core* c, DecodedInstruction* i) where T : unmanaged =>
        IsReady(c) && TryLoad<T>(c, i, out ulong value) ? Write(c, i->Destination, Compute(c, i, value)) : Outcome.Stop;

    private static ulong Compute(Core* c, DecodedInstruction* i, ulong source) =>
        ((delegate*<ulong, ulong, ulong>)i->Immediate)(c->State.FpSignificand[i->Destination], source);

    private static Outcome MoveRegister(Core* c, DecodedInstruction* i) =>
        IsReady(c) ? Write(c, i->Destination, c->State.FpSignificand[i->Source]) : Outcome.Stop;

    private static Outcome LoadMemory<T>(Core* c, DecodedInstruction* i) where T : unmanaged =>
        IsReady(c) && TryLoad<T>(c, i, out ulong value) ? Write(c, i->Destination, value) : Outcome.Stop;

    private static Outcome LoadGeneral<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        if (!IsReady(c))
            return Outcome.Stop;
        ulong value = *(ulong*)((byte*)c + i->Source);
        return Write(c, i->Destination, sizeof(T) == sizeof(uint) ? (uint)value : value);
    }

    private static Outcome StoreMemory<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        ulong value = c->State.FpSignificand[i->Destination];
        if (!IsReady(c) || !AddressChecked.TryLinear(c, i, sizeof(T), write: true, out ulong linear) || !GuestAccess.Write(c, linear, *(T*)&value))
            return Outcome.Stop;
        Enter(c);
        return Outcome.Next;
    }

    private static Outcome StoreGeneral<T>(Core* c, DecodedInstruction* i) where T : unmanaged
    {
        if (!IsReady(c))
            return Outcome.Stop;
        ulong value = c->State.FpSignificand[i->Destination];
        *(ulong*)((byte*)c + i->Source) = sizeof(T) == sizeof(uint) ? (uint)value : value;
        Enter(c);
        return Outcome.Next;
    }

    private static Outcome ShuffleRegister(Core* c, DecodedInstruction* i) =>
        IsReady(c) ? Write(c, i->Destination, MmxOperations.Shuffle(c->State.FpSignificand[i->Source], (int)i->Immediate)) : Outcome.Stop;

    private static Outcome ShuffleMemory(Core* c, DecodedInstruction* i) =>
        IsReady(c) && TryLoad<ulong>(c, i, out ulong value) ? Write(c, i->Destination, MmxOperations.Shuffle(value, (int)i->Immediate)) : Outcome.Stop;

    private static Outcome InsertGeneral(Core* c, DecodedInstruction* i) => IsReady(c) ? Insert(c, i, *(ushort*)((byte*)c + i->Source)) : Outcome.Stop;

    private static Outcome InsertMemory(Core* c, DecodedInstruction* i) =>
        IsReady(c) && TryLoad<ushort>(c, i, out ulong value) ? Insert(c, i, value) : Outcome.Stop;

    private static Outcome Insert(Core* c, DecodedInstruction* i, ulong word)
    {
        int shift = ((int)i->Immediate & WordMask) * 16;
        return Write(c, i->Destination, (c->State.FpSignificand[i->Destination] & ~(0xFFFFul << shift)) | (word << shift));
    }

    private static Outcome Extract(Core* c, DecodedInstruction* i) =>
        WriteGeneral(c, i, (ushort)(c->State.FpSignificand[i->Source] >> (((int)i->Immediate & WordMask) * 16)));

    private static Outcome Signs(Core* c, DecodedInstruction* i) => WriteGeneral(c, i, MmxOperations.Signs(c->State.FpSignificand[i->Source]));

    private static Outcome WriteGeneral(Core* c, DecodedInstruction* i, ulong value)
    {
        if (!IsReady(c))
            return Outcome.Stop;
        *(ulong*)((byte*)c + i->Destination) = value;
        Enter(c);
        return Outcome.Next;
    }

    private static Outcome Empty(Core* c, DecodedInstruction* i)
    {
        if (!IsReady(c))
            return Outcome.Stop;
        Enter(c);
        c->State.FpTags = 0;
        return Outcome.Next;
    }

    private static bool TryLoad<T>(Core* c, DecodedInstruction* i, out ulong value) where T : unmanaged
    {
        value = 0;
        if (!AddressChecked.TryLinear(c, i, sizeof(T), write: false, out ulong linear) || !GuestAccess.Read(c, linear, out T loaded))
            return false;
        fixed (ulong* place = &value)
            *(T*)place = loaded;
        return true;
    }

    /// <summary>Writes a register, with what every MMX instruction does besides.</summary>
    public static Outcome Write(Core* c, int register, ulong value)
    {
        Enter(c);
        (c->State.FpSignificand[register], c->State.FpSignExponent[register]) = (value, Ones);
        return Outcome.Next;
    }

    /// <summary>What every MMX instruction does: R0 becomes the top of the stack, all registers valid.</summary>
    public static void Enter(Core* c)
    {
        c->State.FpStatus &= unchecked((ushort)~TopMask);
        c->State.FpTags = AllValid;
    }

    /// <summary>Whether an MMX instruction may run. Emulation is #UD here, not #NM as for x87 (SDM volume 3, table 13-1).</summary>
    public static bool IsReady(Core* c)
    {
        if ((c->State.Cr0 & Cr0.Em) == 0)
            return X87.IsReady(c);
        Fault.InvalidOpcode(c);
        return false;
    }
}
