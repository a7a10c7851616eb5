using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReplayVmm.Processor;

/// <summary>AESENC: one round; the second operand is the round's key.</summary>
internal readonly struct AesEncrypt : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Aes.IsSupported ? Aes.Encrypt(first, source) : Portable(first, source);

    /// <summary>The same anywhere.</summary>
    public static Vector128<byte> Portable(Vector128<byte> state, Vector128<byte> key) =>
        AesRounds.MixColumns(AesRounds.SubstituteBytes(AesRounds.ShiftRows(state))) ^ key;
}

/// <summary>AESENCLAST: the last round, which does not mix columns.</summary>
internal readonly struct AesEncryptLast : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Aes.IsSupported ? Aes.EncryptLast(first, source) : Portable(first, source);

    /// <summary>The same anywhere.</summary>
    public static Vector128<byte> Portable(Vector128<byte> state, Vector128<byte> key) => AesRounds.SubstituteBytes(AesRounds.ShiftRows(state)) ^ key;
}

/// <summary>AESDEC: one round of the equivalent inverse cipher.</summary>
internal readonly struct AesDecrypt : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Aes.IsSupported ? Aes.Decrypt(first, source) : Portable(first, source);

    /// <summary>The same anywhere.</summary>
    public static Vector128<byte> Portable(Vector128<byte> state, Vector128<byte> key) =>
        AesRounds.InverseMixColumns(AesRounds.InverseSubstituteBytes(AesRounds.InverseShiftRows(state))) ^ key;
}

/// <summary>AESDECLAST.</summary>
internal readonly struct AesDecryptLast : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => Aes.IsSupported ? Aes.DecryptLast(first, source) : Portable(first, source);

    /// <summary>The same anywhere.</summary>
    public static Vector128<byte> Portable(Vector128<byte> state, Vector128<byte> key) => AesRounds.InverseSubstituteBytes(AesRounds.InverseShiftRows(state)) ^ key;
}

/// <summary>AESIMC.</summary>
internal readonly struct AesInverseMixColumns : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => AesRounds.InverseMixColumns(source);
}

/// <summary>AESKEYGENASSIST: substitutes doublewords 1 and 3, and each of them rotated, with the round constant.</summary>
internal readonly struct AesKeyAssist : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        Vector128<byte> substituted = AesRounds.SubstituteBytes(source);
        Vector128<uint> plain = substituted.AsUInt32(), rotated = AesRounds.Rotate(substituted, 8).AsUInt32();
        return Vector128.Create(plain[1], rotated[1] ^ immediate, plain[3], rotated[3] ^ immediate).AsByte();
    }
}

/// <summary>PCLMULQDQ: the product, without carries, of the quadwords that bits 0 and 4 of the immediate choose.</summary>
internal readonly struct MultiplyWithoutCarries : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        ulong a = first.AsUInt64()[immediate & 1], b = source.AsUInt64()[(immediate >> 4) & 1];
        return Pclmulqdq.IsSupported ? Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(a), Vector128.CreateScalar(b), 0).AsByte() : Portable(a, b);
    }

    /// <summary>The same anywhere.</summary>
    public static Vector128<byte> Portable(ulong a, ulong b)
    {
        (ulong low, ulong high) = (0, 0);
        for (int n = 0; n < 64; n++)
        {
            ulong taken = 0 - (b >> n & 1);
            low ^= (a << n) & taken;
            high ^= (a >> 1 >> (63 - n)) & taken;
        }
        return Vector128.Create(low, high).AsByte();
    }
}
