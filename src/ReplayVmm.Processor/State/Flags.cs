using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>
/// Lazy arithmetic flags. An operation leaves its result and its carries (for each bit: did it carry, or borrow, out); the flags are
/// computed only where something reads them. Carries are shifted so that the operand's top bit is bit 63.
/// </summary>
internal static unsafe class Flags
{
    private const ulong Cf = 1ul << 63, Of = 1ul << 62, Af = 1 << 3, FlipPf = 1, FlipSf = 2;

    /// <summary>Flags of r = a + b (+ carry in).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(Core* c, T a, T b, T r) where T : unmanaged, IBinaryInteger<T> =>
        Set(c, r, (a & b) | ((a | b) & ~r));

    /// <summary>Flags of r = a - b (- borrow in).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract<T>(Core* c, T a, T b, T r) where T : unmanaged, IBinaryInteger<T> =>
        Set(c, r, (~a & b) | (~(a ^ b) & r));

    /// <summary>Flags of AND, OR, XOR, TEST: CF and OF clear; AF, undefined by the manual, clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Logic<T>(Core* c, T r) where T : unmanaged, IBinaryInteger<T>
    {
        c->FlagResult = SignExtend(r);
        c->FlagCarries = 0;
    }

    /// <summary>Result flags of <paramref name="r"/> with CF, OF and AF given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Result<T>(Core* c, T r, bool carry, bool overflow, bool adjust) where T : unmanaged, IBinaryInteger<T>
    {
        c->FlagResult = SignExtend(r);
        c->FlagCarries = (carry ? Cf : 0) | (carry != overflow ? Of : 0) | (adjust ? Af : 0);
    }

    /// <summary>Sets CF and OF and leaves the rest (rotates).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarryOverflow(Core* c, bool carry, bool overflow) =>
        c->FlagCarries = (c->FlagCarries & ~(Cf | Of)) | (carry ? Cf : 0) | (carry != overflow ? Of : 0);

    /// <summary>Flags of r = a + 1 with CF kept (INC).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Increment<T>(Core* c, T a, T r) where T : unmanaged, IBinaryInteger<T> => SetKeepingCarry(c, r, a & ~r);

    /// <summary>Flags of r = a - 1 with CF kept (DEC).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decrement<T>(Core* c, T a, T r) where T : unmanaged, IBinaryInteger<T> => SetKeepingCarry(c, r, ~a & r);

    /// <summary>Flags of a shift: the result, its carry as bit 0 of <paramref name="carry"/>, and whether OF differs from it as bit 0 of <paramref name="differs"/>. AF, undefined, is set as by AMD.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Shift<T>(Core* c, T r, ulong carry, ulong differs) where T : unmanaged, IBinaryInteger<T>
    {
        c->FlagResult = SignExtend(r);
        c->FlagCarries = (carry << 63) | ((differs & 1) << 62) | Af;
    }

    /// <summary>Puts CF back to what it was in <paramref name="before"/>, an earlier value of the carries, and leaves the rest (INC, DEC).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KeepCarry(Core* c, ulong before)
    {
        ulong change = (c->FlagCarries ^ before) & Cf;
        c->FlagCarries ^= change | (change >> 1);
    }

    /// <summary>Sets CF alone; OF keeps its value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarry(Core* c, bool carry) => KeepCarry(c, carry ? Cf : 0);

    /// <summary>CF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Carry(Core* c) => (long)c->FlagCarries < 0;

    /// <summary>ZF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Zero(Core* c) => c->FlagResult == 0;

    /// <summary>SF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Sign(Core* c) => (long)(c->FlagResult ^ (c->FlagCarries << 62)) < 0;

    /// <summary>OF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Overflow(Core* c) => (long)(c->FlagCarries ^ (c->FlagCarries << 1)) < 0;

    /// <summary>SF is not OF: the signed comparison said less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Less(Core* c) => (long)(c->FlagResult ^ c->FlagCarries ^ (c->FlagCarries << 1) ^ (c->FlagCarries << 62)) < 0;

    /// <summary>PF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Parity(Core* c) => ((BitOperations.PopCount((byte)c->FlagResult) ^ (int)c->FlagCarries) & 1) == 0;

    /// <summary>AF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Adjust(Core* c) => (c->FlagCarries & Af) != 0;

    /// <summary>The whole RFLAGS register.</summary>
    public static ulong Materialize(Core* c) =>
        (c->State.Rflags & ~Rflags.Arithmetic)
        | (Carry(c) ? Rflags.Cf : 0) | (Parity(c) ? Rflags.Pf : 0) | (Adjust(c) ? Rflags.Af : 0)
        | (Zero(c) ? Rflags.Zf : 0) | (Sign(c) ? Rflags.Sf : 0) | (Overflow(c) ? Rflags.Of : 0);

    /// <summary>Puts <paramref name="rflags"/> in force: the arithmetic flags in their lazy form, the rest in <see cref="CpuState.Rflags"/>.</summary>
    public static void Load(Core* c, ulong rflags)
    {
        c->State.Rflags = rflags;
        bool carry = (rflags & Rflags.Cf) != 0, overflow = (rflags & Rflags.Of) != 0, zero = (rflags & Rflags.Zf) != 0;
        ulong result = zero ? 0ul : 1;       // 0 has even parity, 1 odd; both are positive
        c->FlagResult = result;
        c->FlagCarries = (carry ? Cf : 0) | (carry != overflow ? Of : 0) | ((rflags & Rflags.Af) != 0 ? Af : 0)
            | ((rflags & Rflags.Pf) != 0 != zero ? FlipPf : 0) | ((rflags & Rflags.Sf) != 0 ? FlipSf : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set<T>(Core* c, T r, T carries) where T : unmanaged, IBinaryInteger<T>
    {
        c->FlagResult = SignExtend(r);
        ulong wide = ulong.CreateTruncating(carries);
        c->FlagCarries = sizeof(T) == 8
            ? wide & (Cf | Of | Af)
            : (wide << (64 - (sizeof(T) * 8))) | (wide & Af);
    }

    /// <summary>As <see cref="Set"/>, CF kept and OF that of the operation. The carry out of bit 0, which nothing reads, need not be right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetKeepingCarry<T>(Core* c, T r, T carries) where T : unmanaged, IBinaryInteger<T>
    {
        ulong wide = ulong.CreateTruncating(carries), high = wide << (64 - (sizeof(T) * 8));
        ulong keep = c->FlagCarries & Cf, change = (high ^ keep) & Cf;
        c->FlagResult = SignExtend(r);
        c->FlagCarries = ((high ^ change ^ (change >> 1)) & (Cf | Of)) | (wide & Af);
    }

    /// <summary>The operand's sign in every bit above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend<T>(T value) where T : unmanaged, IBinaryInteger<T> => sizeof(T) switch
    {
        1 => (ulong)(sbyte)byte.CreateTruncating(value),
        2 => (ulong)(short)ushort.CreateTruncating(value),
        4 => (ulong)(int)uint.CreateTruncating(value),
        _ => ulong.CreateTruncating(value),
    };
}
