namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>SplitMix64: the same numbers everywhere from the same seed.</summary>
internal struct Randomness(ulong seed)
{
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_FFFF_FF80, 0xFFFF_FFFF_FFFF_FFFE, ulong.MaxValue, 0x5555_5555_5555_5555,
        0xAAAA_AAAA_AAAA_AAAA, 0x0909_0909_0909_0909, 0x9999_9999_9999_9999,
    ];

    private ulong _state = seed;

    /// <summary>A stream of its own for the case that the numbers name.</summary>
    public static Randomness For(ulong seed, params ReadOnlySpan<int> numbers)
    {
        var mixed = new Randomness(seed);
        foreach (int number in numbers)
            mixed._state = mixed.Next() ^ (ulong)(uint)number;
        return new Randomness(mixed.Next());
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool OnceIn(int times) => Below(times) == 0;

    /// <summary>One of <paramref name="choices"/>.</summary>
    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>An operand: random, an edge value, or few bits set.</summary>
    public ulong Operand()
    {
        ulong value = Next();
        int choice = (int)(value & 7), detail = (int)(value >> 3) & 63;
        return choice switch
        {
            0 or 1 => Edges[Below(Edges.Length)],
            2 => 1ul << detail,
            3 => Next() >> detail,
            4 => Edges[Below(Edges.Length)] + (ulong)((detail % 5) - 2),
            _ => Next(),
        };
    }
}
