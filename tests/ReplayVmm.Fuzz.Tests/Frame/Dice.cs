using System.Numerics;
using System.Runtime.InteropServices;

namespace ReplayVmm.Fuzz.Tests;

/// <summary>Pseudo-random numbers (xoshiro256**), the same on every host and runtime; thrown anew for each case from the case's number.</summary>
internal sealed class Dice
{
    private ulong a, b, c, d;

    /// <summary>Dice for a purpose outside of a campaign.</summary>
    public Dice(ulong seed = 0) => Seed(seed, 0, 0);

    /// <summary>Starts anew: what follows depends on nothing else.</summary>
    public void Seed(ulong seed, ulong stream, ulong number)
    {
        ulong mix = seed ^ (stream * 0xD6E8_FEB8_6659_FD93) ^ (number * 0x9E37_79B9_7F4A_7C15);
        (a, b, c, d) = (Split(ref mix), Split(ref mix), Split(ref mix), Split(ref mix));
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(b * 5, 7) * 9, t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = BitOperations.RotateLeft(d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (uint)count) >> 32);

    /// <summary>True once in <paramref name="count"/> throws.</summary>
    public bool OnceIn(int count) => Below(count) == 0;

    /// <summary>One of <paramref name="values"/>.</summary>
    public T Pick<T>(ReadOnlySpan<T> values) => values[Below(values.Length)];

    /// <summary>Random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ref ulong word in words)
            word = Next();
        ulong rest = Next();
        foreach (ref byte one in bytes[(words.Length * sizeof(ulong))..])
        {
            one = (byte)rest;
            rest >>= 8;
        }
    }

    /// <summary>A number as programs have them: small, a power of two and its neighbours, all ones, or anything; a random width.</summary>
    public ulong Number() => Below(8) switch
    {
        0 => (ulong)Below(16),
        1 => (ulong)Below(0x1000),
        2 => (1ul << Below(64)) + (ulong)Below(3) - 1,
        3 => ulong.MaxValue - (ulong)Below(16),
        4 => Next() & 0xFFFF,
        5 => Next() & uint.MaxValue,
        6 => (ulong)(long)(int)Next(),
        _ => Next(),
    };

    private static ulong Split(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
