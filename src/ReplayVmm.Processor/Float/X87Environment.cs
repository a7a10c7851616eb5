namespace ReplayVmm.Processor;

/// <summary>
/// FLDENV FNSTENV FRSTOR FNSAVE and their images: 14 or 28 bytes by operand size, with selectors and offsets in protected mode and with linear addresses in real-address
/// and virtual-8086 mode (SDM volume 1, 8.1.10, figures 8-9 to 8-12); behind them the eight registers.
/// </summary>
internal static unsafe class X87Environment
{
    private const int WideBytes = 28, NarrowBytes = 14, RegisterBytes = 10, RegistersBytes = 8 * RegisterBytes;

    /// <summary>Bits of the opcode that the unit keeps.</summary>
    public const int OpcodeMask = 0x7FF;

    private const uint UpperOnes = 0xFFFF_0000;

    public static bool BindLoad(ref BindContext b) => Bind(ref b, &Load);
    public static bool BindStore(ref BindContext b) => Bind(ref b, &Store);
    public static bool BindRestore(ref BindContext b) => Bind(ref b, &Restore);
    public static bool BindSave(ref BindContext b) => Bind(ref b, &Save);

    private static bool Bind(ref BindContext b, delegate*<Core*, DecodedInstruction*, Outcome> handler)
    {
        b.Target->Immediate = b.OperandSize == 2 ? NarrowBytes : WideBytes;
        b.BindMemory();
        b.Target->Handler = handler;
        return true;
    }

    private static Outcome Store(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c, waits: false) || !X87Operand.TryProbe(c, i, size, out ulong linear) || !TryWrite(c, linear, size))
            return Outcome.Stop;
        // Exceptions are masked after the store, so that a handler can work.
        c->State.FpControl |= FloatContext.AllExceptions;
        X87.UpdateSummary(c);
        return Outcome.Next;
    }

    private static Outcome Load(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        bool done = X87.IsReady(c) && AddressChecked.TryLinear(c, i, size, write: false, out ulong linear) && TryRead(c, linear, size);
        return done ? Outcome.Next : Outcome.Stop;
    }

    private static Outcome Save(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c, waits: false) || !X87Operand.TryProbe(c, i, size + RegistersBytes, out ulong linear) || !TryWrite(c, linear, size))
            return Outcome.Stop;
        for (int n = 0; n < 8; n++)
        {
            if (!TryWriteRegister(c, linear + (ulong)(size + (n * RegisterBytes)), X87.Raw(c, n)))
                return Outcome.Stop;
        }
        X87Control.Initialize(c);
        return Outcome.Next;
    }

    private static Outcome Restore(Core* c, DecodedInstruction* i)
    {
        int size = (int)i->Immediate;
        if (!X87.IsReady(c) || !AddressChecked.TryLinear(c, i, size + RegistersBytes, write: false, out ulong linear))
            return Outcome.Stop;
        Span<ulong> significands = stackalloc ulong[8];
        Span<ushort> exponents = stackalloc ushort[8];
        for (int n = 0; n < 8; n++)
        {
            if (!TryReadRegister(c, linear + (ulong)(size + (n * RegisterBytes)), out significands[n], out exponents[n]))
                return Outcome.Stop;
        }
        if (!TryRead(c, linear, size))
            return Outcome.Stop;
        for (int n = 0; n < 8; n++)
        {
            int physical = X87.Physical(c, n);
            (c->State.FpSignExponent[physical], c->State.FpSignificand[physical]) = (exponents[n], significands[n]);
        }
        return Outcome.Next;
    }

    /// <summary>Only the image as a whole is to be aligned (SDM volume 3, table 6-7), not each of its registers: these go in words where alignment is checked.</summary>
    private static bool TryWriteRegister(Core* c, ulong at, Float80 value)
    {
        if (!c->AlignmentChecked)
            return GuestAccess.Write(c, at, value.Significand) && GuestAccess.Write(c, at + 8, value.SignExponent);
        for (int n = 0; n < 8; n += 2)
        {
            if (!GuestAccess.Write(c, at + (ulong)n, (ushort)(value.Significand >> (8 * n))))
                return false;
        }
        return GuestAccess.Write(c, at + 8, value.SignExponent);
    }

    private static bool TryReadRegister(Core* c, ulong at, out ulong significand, out ushort exponent)
    {
        exponent = 0;
        if (!c->AlignmentChecked)
            return GuestAccess.Read(c, at, out significand) && GuestAccess.Read(c, at + 8, out exponent);
        significand = 0;
        for (int n = 0; n < 8; n += 2)
        {
            if (!GuestAccess.Read(c, at + (ulong)n, out ushort word))
                return false;
            significand |= (ulong)word << (8 * n);
        }
        return GuestAccess.Read(c, at + 8, out exponent);
    }

    private static bool TryWrite(Core* c, ulong linear, int size)
    {
        ref CpuState s = ref c->State;
        bool wide = size == WideBytes;
        Span<uint> words = [s.FpControl, s.FpStatus, FullTags(c), 0, 0, 0, 0];
        if (OperatingMode.IsRealOrVirtual8086(c))
        {
            uint code = Linear(s.FpInstruction, s.FpCodeSelector), data = Linear(s.FpData, s.FpDataSelector);
            (words[3], words[4]) = ((ushort)code, ((code >> 16) << 12) | s.FpOpcode);
            (words[5], words[6]) = ((ushort)data, (data >> 16) << 12);
            if (wide)
            {
                words[3] |= UpperOnes;
                words[5] |= UpperOnes;
            }
        }
        else
        {
            (words[3], words[4]) = ((uint)s.FpInstruction, s.FpCodeSelector | ((uint)s.FpOpcode << 16));
            (words[5], words[6]) = ((uint)s.FpData, s.FpDataSelector | UpperOnes);
        }
        for (int n = 0; n < words.Length; n++)
        {
            // Unused upper halves of the first three read as ones.
            bool done = wide
                ? GuestAccess.Write(c, linear + (4 * (uint)n), n < 3 ? words[n] | UpperOnes : words[n])
                : GuestAccess.Write(c, linear + (2 * (uint)n), (ushort)words[n]);
            if (!done)
                return false;
        }
        return true;
    }

    private static bool TryRead(Core* c, ulong linear, int size)
    {
        Span<uint> words = stackalloc uint[7];
        bool wide = size == WideBytes;
        for (int n = 0; n < words.Length; n++)
        {
            ushort narrow = 0;
            bool done = wide ? GuestAccess.Read(c, linear + (4 * (uint)n), out words[n]) : GuestAccess.Read(c, linear + (2 * (uint)n), out narrow);
            if (!done)
                return false;
            words[n] = wide ? words[n] : narrow;
        }
        ref CpuState s = ref c->State;
        (s.FpControl, s.FpStatus) = (X87Control.EffectiveControl((ushort)words[0]), (ushort)words[1]);
        if (OperatingMode.IsRealOrVirtual8086(c))
        {
            (s.FpInstruction, s.FpCodeSelector, s.FpOpcode) = ((ushort)words[3] | ((words[4] & 0x0FFF_F000) << 4), 0, (ushort)(words[4] & OpcodeMask));
            (s.FpData, s.FpDataSelector) = ((ushort)words[5] | ((words[6] & 0x0FFF_F000) << 4), 0);
        }
        else
        {
            (s.FpInstruction, s.FpCodeSelector, s.FpOpcode) = (words[3], (ushort)words[4], (ushort)((words[4] >> 16) & OpcodeMask));
            (s.FpData, s.FpDataSelector) = (words[5], (ushort)words[6]);
        }
        s.FpTags = 0;
        for (int n = 0; n < 8; n++)
        {
            if (((words[2] >> (2 * n)) & 3) != 3)
                s.FpTags |= (ushort)(1 << n);
        }
        X87.UpdateSummary(c);
        return true;
    }

    private static uint Linear(ulong offset, ushort selector) => (uint)offset + ((uint)selector << 4);

    /// <summary>Two bits a register: 0 valid, 1 zero, 2 special, 3 empty.</summary>
    private static ushort FullTags(Core* c)
    {
        int tags = 0;
        for (int n = 0; n < 8; n++)
        {
            var value = new Float80(c->State.FpSignExponent[n], c->State.FpSignificand[n]);
            bool occupied = (c->State.FpTags & (1 << n)) != 0;
            int tag = !occupied ? 3 : value.IsZero ? 1 : value.Exponent is 0 or Float80.Special || value.IsUnsupported ? 2 : 0;
            tags |= tag << (2 * n);
        }
        return (ushort)tags;
    }
}
