using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Processor;

/// <summary>MUL (SDM volume 2, MUL): CF and OF tell whether the upper half is zero.</summary>
internal readonly unsafe struct MultiplyOperation : ISourceOperation
{
    public static int Operand => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        ulong a = Wide.Zero(Reg.Get<T>(c, GprSlot.Rax)), b = Wide.Zero(source);
        ulong high, low;
        if (sizeof(T) == 8)
        {
            high = Math.BigMul(a, b, out low);
        }
        else
        {
            low = a * b;
            high = low >> (sizeof(T) * 8);
        }
        Product.Store(c, Wide.Cut<T>(low), Wide.Cut<T>(high));
        Product.SetFlags(c, Wide.Cut<T>(low), high != 0);
        return Outcome.Next;
    }
}

/// <summary>IMUL with one operand (SDM volume 2, IMUL): CF and OF tell whether the upper half is more than the sign.</summary>
internal readonly unsafe struct SignedMultiplyOperation : ISourceOperation
{
    public static int Operand => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T low = Product.Signed(Reg.Get<T>(c, GprSlot.Rax), source, out T high);
        Product.Store(c, low, high);
        Product.SetFlags(c, low, Wide.Sign(high) != Wide.Sign(low) >> 63);
        return Outcome.Next;
    }
}

/// <summary>IMUL with two operands.</summary>
internal readonly unsafe struct SignedMultiplyTwoOperation : ISourceOperation
{
    public static int Operand => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T low = Product.Signed(Reg.Get<T>(c, i->Destination), source, out T high);
        Reg.Set(c, i->Destination, low);
        Product.SetFlags(c, low, Wide.Sign(high) != Wide.Sign(low) >> 63);
        return Outcome.Next;
    }
}

/// <summary>IMUL with three operands.</summary>
internal readonly unsafe struct SignedMultiplyThreeOperation : ISourceOperation
{
    public static int Operand => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Execute<T>(Core* c, DecodedInstruction* i, T source) where T : unmanaged, IBinaryInteger<T>
    {
        T low = Product.Signed(Wide.Immediate<T>(i), source, out T high);
        Reg.Set(c, i->Destination, low);
        Product.SetFlags(c, low, Wide.Sign(high) != Wide.Sign(low) >> 63);
        return Outcome.Next;
    }
}

/// <summary>What the multiplications share.</summary>
internal static unsafe class Product
{
    /// <summary>Chooses between IMUL's three shapes.</summary>
    public static bool BindSigned(ref BindContext b) => b.Source.OpCount switch
    {
        1 => FromSource<SignedMultiplyOperation>.Bind(ref b),
        2 => FromSource<SignedMultiplyTwoOperation>.Bind(ref b),
        _ => FromSource<SignedMultiplyThreeOperation>.Bind(ref b),
    };

    /// <summary>The signed product in two halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Signed<T>(T left, T right, out T high) where T : unmanaged
    {
        long a = Wide.Sign(left), b = Wide.Sign(right);
        if (sizeof(T) == 8)
        {
            high = Wide.Cut<T>((ulong)Math.BigMul(a, b, out long low));
            return Wide.Cut<T>((ulong)low);
        }
        long product = a * b;
        high = Wide.Cut<T>((ulong)(product >> (sizeof(T) * 8)));
        return Wide.Cut<T>((ulong)product);
    }

    /// <summary>Puts both halves where they go: AX, or RDX and RAX of the operand's width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Core* c, T low, T high) where T : unmanaged
    {
        Reg.Set(c, GprSlot.Rax, low);
        Reg.Set(c, sizeof(T) == 1 ? GprSlot.Ah : GprSlot.Rdx, high);
    }

    /// <summary>CF and OF; the others, undefined, are those of the lower half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetFlags<T>(Core* c, T low, bool wide) where T : unmanaged, IBinaryInteger<T> => Flags.Result(c, low, wide, wide, adjust: false);
}
