using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>
/// The image that FXSAVE and XSAVE write (SDM volume 1, 10.5.1, 13.4 and 13.5): 512 bytes with x87 and SSE state, a header of 64 bytes, the upper halves of the vector registers.
/// </summary>
// SAFETY: images are buffers of Size bytes; register numbers are architectural.
internal static unsafe class SavedState
{
    /// <summary>Bytes of the parts, and where they begin.</summary>
    public const int LegacySize = 512, HeaderAt = 512, HeaderSize = 64, AvxAt = 576, AvxSize = 256, Size = AvxAt + AvxSize;

    /// <summary>Where parts of the first 512 bytes begin.</summary>
    public const int MxcsrAt = 24, StackAt = 32, XmmAt = 160;

    /// <summary>Components in XCR0 and XSTATE_BV.</summary>
    public const ulong X87State = 1, SseState = 2, AvxState = 4;

    /// <summary>Outside 64-bit mode only eight registers are saved and restored.</summary>
    private const int RegisterBytes = 16;

    /// <summary>
    /// XINUSE: the components that are not in their initial configuration. It follows from the registers' values alone, so that it is the same in every replay and after every
    /// checkpoint; MXCSR does not count (SDM volume 1, 13.6).
    /// </summary>
    public static ulong InUse(ref CpuState s)
    {
        Vector128<byte> lower = Vector128<byte>.Zero, upper = Vector128<byte>.Zero;
        fixed (ulong* vectors = s.Vector)
        {
            for (int n = 0; n < 16; n++)
            {
                lower |= Vector128.Load((byte*)(vectors + (n * 4)));
                upper |= Vector128.Load((byte*)(vectors + (n * 4) + 2));
            }
        }
        return (IsX87Initial(ref s) ? 0 : X87State) | (lower == Vector128<byte>.Zero ? 0 : SseState) | (upper == Vector128<byte>.Zero ? 0 : AvxState);
    }

    /// <summary>Bytes of the image up to the end of the last component in <paramref name="components"/>, header included.</summary>
    public static int SizeOf(ulong components) => (components & AvxState) != 0 ? Size : AvxAt;

    /// <summary>Puts the x87 state into an image; <paramref name="wide"/> for the 64-bit format of the pointers.</summary>
    public static void PutX87(Core* c, byte* image, bool wide)
    {
        ref CpuState s = ref c->State;
        var words = (ulong*)image;
        words[0] = s.FpControl | ((ulong)s.FpStatus << 16) | ((ulong)s.FpTags << 32) | ((ulong)s.FpOpcode << 48);
        words[1] = wide ? s.FpInstruction : (uint)s.FpInstruction | ((ulong)s.FpCodeSelector << 32);
        words[2] = wide ? s.FpData : (uint)s.FpData | ((ulong)s.FpDataSelector << 32);
        for (int n = 0; n < 8; n++)
        {
            Float80 value = X87.Raw(c, n);
            (words[(StackAt / 8) + (n * 2)], words[(StackAt / 8) + (n * 2) + 1]) = (value.Significand, value.SignExponent);
        }
    }

    /// <summary>Takes the x87 state from an image.</summary>
    public static void TakeX87(Core* c, byte* image, bool wide)
    {
        ref CpuState s = ref c->State;
        var words = (ulong*)image;
        (ulong first, ulong instruction, ulong data) = (words[0], words[1], words[2]);
        (s.FpControl, s.FpStatus) = (X87Control.EffectiveControl((ushort)first), (ushort)(first >> 16));
        (s.FpTags, s.FpOpcode) = ((byte)(first >> 32), (ushort)((first >> 48) & X87Environment.OpcodeMask));
        (s.FpInstruction, s.FpCodeSelector) = wide ? (instruction, (ushort)0) : ((uint)instruction, (ushort)(instruction >> 32));
        (s.FpData, s.FpDataSelector) = wide ? (data, (ushort)0) : ((uint)data, (ushort)(data >> 32));
        for (int n = 0; n < 8; n++)
        {
            int physical = X87.Physical(c, n);
            (s.FpSignificand[physical], s.FpSignExponent[physical]) = (words[(StackAt / 8) + (n * 2)], (ushort)words[(StackAt / 8) + (n * 2) + 1]);
        }
        X87.UpdateSummary(c);
    }

    /// <summary>Puts the x87 state into its initial configuration.</summary>
    public static void InitializeX87(Core* c)
    {
        ref CpuState s = ref c->State;
        (s.FpControl, s.FpStatus, s.FpTags, s.FpOpcode) = (X87Control.Initial, 0, 0, 0);
        (s.FpInstruction, s.FpCodeSelector, s.FpData, s.FpDataSelector) = (0, 0, 0, 0);
        for (int n = 0; n < 8; n++)
            (s.FpSignificand[n], s.FpSignExponent[n]) = (0, 0);
    }

    /// <summary>Puts MXCSR and its mask into an image.</summary>
    public static void PutMxcsr(Core* c, byte* image) => *(ulong*)(image + MxcsrAt) = c->State.Mxcsr | ((ulong)Mxcsr.Defined << 32);

    /// <summary>Puts the lower halves into an image; returns how many bytes.</summary>
    public static int PutXmm(Core* c, byte* image)
    {
        int count = VectorRegister.Count(c);
        for (int n = 0; n < count; n++)
            VectorRegister.Xmm(c, n).Store(image + XmmAt + (n * RegisterBytes));
        return count * RegisterBytes;
    }

    /// <summary>Takes the lower halves from an image, or zeros without one.</summary>
    public static void TakeXmm(Core* c, byte* image)
    {
        for (int n = 0; n < VectorRegister.Count(c); n++)
            VectorRegister.Xmm(c, n) = image == null ? Vector128<byte>.Zero : Vector128.Load(image + XmmAt + (n * RegisterBytes));
    }

    /// <summary>Puts the upper halves into an image; returns how many bytes.</summary>
    public static int PutUpper(Core* c, byte* image)
    {
        int count = VectorRegister.Count(c);
        for (int n = 0; n < count; n++)
            VectorRegister.Upper(c, n).Store(image + AvxAt + (n * RegisterBytes));
        return count * RegisterBytes;
    }

    /// <summary>Takes the upper halves from an image, or zeros without one.</summary>
    public static void TakeUpper(Core* c, byte* image)
    {
        for (int n = 0; n < VectorRegister.Count(c); n++)
            VectorRegister.Upper(c, n) = image == null ? Vector128<byte>.Zero : Vector128.Load(image + AvxAt + (n * RegisterBytes));
    }

    /// <summary>Copies part of an image to the guest's memory. False: the instruction stops.</summary>
    public static bool TryStore(Core* c, ulong linear, byte* image, int from, int size)
    {
        for (int at = from; at < from + size; at += 8)
        {
            if (!GuestAccess.Write(c, linear + (ulong)at, *(ulong*)(image + at)))
                return false;
        }
        return true;
    }

    /// <summary>Copies part of an image from the guest's memory. False: the instruction stops.</summary>
    public static bool TryLoad(Core* c, ulong linear, byte* image, int from, int size)
    {
        for (int at = from; at < from + size; at += 8)
        {
            if (!GuestAccess.Read(c, linear + (ulong)at, out *(ulong*)(image + at)))
                return false;
        }
        return true;
    }

    private static bool IsX87Initial(ref CpuState s)
    {
        ulong any = (uint)(s.FpControl ^ X87Control.Initial) | (uint)(s.FpStatus | s.FpTags | s.FpOpcode | s.FpCodeSelector | s.FpDataSelector);
        any |= s.FpInstruction | s.FpData;
        for (int n = 0; n < 8; n++)
            any |= s.FpSignificand[n] | s.FpSignExponent[n];
        return any == 0;
    }
}
