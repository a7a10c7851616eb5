using System.Numerics;
using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor;

/// <summary>SHA1RNDS4: four rounds (FIPS 180-4, 6.1.2). A to D stand from the highest doubleword down; the words to add too, the first with E in it already.</summary>
internal readonly struct Sha1Rounds : IPackedImmediateOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source, byte immediate)
    {
        (Vector128<uint> state, Vector128<uint> words) = (first.AsUInt32(), source.AsUInt32());
        (uint a, uint b, uint c, uint d, uint e) = (state[3], state[2], state[1], state[0], 0);
        int stage = immediate & 3;
        for (int n = 3; n >= 0; n--)
        {
            uint next = Mix(stage, b, c, d) + BitOperations.RotateLeft(a, 5) + words[n] + e + Constant(stage);
            (a, b, c, d, e) = (next, a, BitOperations.RotateLeft(b, 30), c, d);
        }
        return Vector128.Create(d, c, b, a).AsByte();
    }

    private static uint Mix(int stage, uint b, uint c, uint d) => stage switch
    {
        0 => ShaFunctions.Choose(b, c, d),
        2 => ShaFunctions.Majority(b, c, d),
        _ => b ^ c ^ d,
    };

    /// <summary>FIPS 180-4, 4.2.1.</summary>
    private static uint Constant(int stage) => stage switch
    {
        0 => 0x5A827999,
        1 => 0x6ED9EBA1,
        2 => 0x8F1BBCDC,
        _ => 0xCA62C1D6,
    };
}

/// <summary>SHA1NEXTE: E of four rounds later, added to the next words.</summary>
internal readonly struct Sha1NextE : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) =>
        (source.AsUInt32() + Vector128.Create(0, 0, 0, BitOperations.RotateLeft(first.AsUInt32()[3], 30))).AsByte();
}

/// <summary>SHA1MSG1: words 0 to 3 with words 2 to 5, the lowest number in the highest doubleword.</summary>
internal readonly struct Sha1Message1 : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source) => first ^ Vector128.Create(source.GetUpper(), first.GetLower());
}

/// <summary>SHA1MSG2: the four words that follow.</summary>
internal readonly struct Sha1Message2 : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
        uint w16 = BitOperations.RotateLeft(a[3] ^ b[2], 1), w17 = BitOperations.RotateLeft(a[2] ^ b[1], 1), w18 = BitOperations.RotateLeft(a[1] ^ b[0], 1);
        return Vector128.Create(BitOperations.RotateLeft(a[0] ^ w16, 1), w18, w17, w16).AsByte();
    }
}

/// <summary>SHA256RNDS2: two rounds (FIPS 180-4, 6.2.2). The first operand holds C D G H from the highest doubleword down, the second A B E F, XMM0 words and constants.</summary>
internal readonly struct Sha256Rounds : IVectorOperation
{
    public static Vector128<byte> Lane(ref VectorContext x, Vector128<byte> first, Vector128<byte> source) => Execute(first.AsUInt32(), source.AsUInt32(), x.Xmm0.AsUInt32());

    private static Vector128<byte> Execute(Vector128<uint> first, Vector128<uint> second, Vector128<uint> words)
    {
        (uint a, uint b, uint c, uint d) = (second[3], second[2], first[3], first[2]);
        (uint e, uint f, uint g, uint h) = (second[1], second[0], first[1], first[0]);
        for (int n = 0; n < 2; n++)
        {
            uint added = h + ShaFunctions.Sum(e, 6, 11, 25) + ShaFunctions.Choose(e, f, g) + words[n];
            uint next = added + ShaFunctions.Sum(a, 2, 13, 22) + ShaFunctions.Majority(a, b, c);
            (a, b, c, d, e, f, g, h) = (next, a, b, c, d + added, e, f, g);
        }
        return Vector128.Create(f, e, b, a).AsByte();
    }
}

/// <summary>SHA256MSG1: words 0 to 3 and the small sigma of their successors.</summary>
internal readonly struct Sha256Message1 : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        Vector128<uint> a = first.AsUInt32();
        return (a + Vector128.Create(Sigma(a[1]), Sigma(a[2]), Sigma(a[3]), Sigma(source.AsUInt32()[0]))).AsByte();
    }

    private static uint Sigma(uint word) => BitOperations.RotateRight(word, 7) ^ BitOperations.RotateRight(word, 18) ^ (word >> 3);
}

/// <summary>SHA256MSG2: the four words that follow, each from the one two before it.</summary>
internal readonly struct Sha256Message2 : IPackedOperation
{
    public static Vector128<byte> Execute(Vector128<byte> first, Vector128<byte> source)
    {
        (Vector128<uint> a, Vector128<uint> b) = (first.AsUInt32(), source.AsUInt32());
        uint w16 = a[0] + Sigma(b[2]), w17 = a[1] + Sigma(b[3]);
        return Vector128.Create(w16, w17, a[2] + Sigma(w16), a[3] + Sigma(w17)).AsByte();
    }

    private static uint Sigma(uint word) => BitOperations.RotateRight(word, 17) ^ BitOperations.RotateRight(word, 19) ^ (word >> 10);
}

/// <summary>Functions that SHA-1 and SHA-256 share (FIPS 180-4, 4.1).</summary>
internal static class ShaFunctions
{
    /// <summary>Ch.</summary>
    public static uint Choose(uint x, uint y, uint z) => (x & y) ^ (~x & z);

    /// <summary>Maj.</summary>
    public static uint Majority(uint x, uint y, uint z) => (x & y) ^ (x & z) ^ (y & z);

    /// <summary>The large sigmas.</summary>
    public static uint Sum(uint x, int one, int two, int three) => BitOperations.RotateRight(x, one) ^ BitOperations.RotateRight(x, two) ^ BitOperations.RotateRight(x, three);
}
