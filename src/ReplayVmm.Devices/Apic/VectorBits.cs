using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReplayVmm.Devices;

/// <summary>One bit for each of 256 vectors: ISR, TMR or IRR.</summary>
[InlineArray(4)]
internal struct VectorBits
{
    private ulong first;

    public readonly bool Has(byte vector) => ((this[vector >> 6] >> (vector & 63)) & 1) != 0;

    public void Add(byte vector) => this[vector >> 6] |= 1ul << (vector & 63);

    public void Remove(byte vector) => this[vector >> 6] &= ~(1ul << (vector & 63));

    /// <summary>The 32 bits that register <paramref name="index"/> (0 to 7) of the group shows.</summary>
    public readonly uint Register(int index) => (uint)(this[(index >> 1) & 3] >> (32 * (index & 1)));

    /// <summary>The highest vector, or -1.</summary>
    public readonly int Highest
    {
        get
        {
            for (int i = 3; i >= 0; i--)
            {
                if (this[i] != 0)
                    return (i * 64) + BitOperations.Log2(this[i]);
            }

            return -1;
        }
    }
}
