using System.Numerics;

namespace ReplayVmm.Devices;

/// <summary>
/// Guest-physical ranges that are devices rather than memory. An access that no range holds whole is split, low part first, and so is one of
/// 3, 5, 6 or 7 bytes, which no device knows; what nobody claims reads all ones and swallows writes.
/// </summary>
public sealed class MmioBus
{
    private readonly MmioClaim[] claims;

    /// <summary>Sorts the claims.</summary>
    /// <exception cref="ArgumentException">Two ranges overlap, or one is empty or leaves the 64-bit address space.</exception>
    public MmioBus(IEnumerable<MmioClaim> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        this.claims = [.. claims.OrderBy(c => c.Base)];
        for (int i = 0; i < this.claims.Length; i++)
        {
            MmioClaim claim = this.claims[i];
            if (claim.Length == 0 || claim.Length - 1 > ulong.MaxValue - claim.Base)
                throw new ArgumentException($"{claim.Device.Name} claims {claim.Length} bytes at {claim.Base:X}h: no such range", nameof(claims));
            if (i == 0)
                continue;
            MmioClaim below = this.claims[i - 1];
            if (claim.Base - below.Base < below.Length)
                throw new ArgumentException($"address {claim.Base:X}h is claimed by {below.Device.Name} and {claim.Device.Name}", nameof(claims));
        }
    }

    /// <summary>The claims, by rising base: what a memory map must leave out.</summary>
    public ReadOnlySpan<MmioClaim> Claims => claims;

    /// <summary>Whether a device answers at <paramref name="address"/>.</summary>
    public bool Contains(ulong address) => Find(address, 1) >= 0;

    /// <summary>Load of <paramref name="size"/> bytes (1 to 8); bits above the size are zero.</summary>
    public ulong Read(ulong address, int size)
    {
        int index = FindWhole(address, size);
        if (index >= 0)
            return claims[index].Device.ReadMemory(address - claims[index].Base, size) & AllOnes(size);
        if (size == 1)
            return 0xFF;
        int low = LowPart(size);
        return Read(address, low) | (Read(address + (ulong)low, size - low) << (8 * low));
    }

    /// <summary>Store of <paramref name="size"/> bytes (1 to 8); bits of the value above the size are ignored.</summary>
    public void Write(ulong address, int size, ulong value)
    {
        int index = FindWhole(address, size);
        if (index >= 0)
        {
            claims[index].Device.WriteMemory(address - claims[index].Base, size, value & AllOnes(size));
        }
        else if (size > 1)
        {
            int low = LowPart(size);
            Write(address, low, value);
            Write(address + (ulong)low, size - low, value >> (8 * low));
        }
    }

    private static ulong AllOnes(int size) => ulong.MaxValue >> (64 - (8 * size));

    /// <summary>The largest power of two below <paramref name="size"/>, 2 to 8.</summary>
    private static int LowPart(int size) => 1 << BitOperations.Log2((uint)size - 1);

    private int FindWhole(ulong address, int size) => BitOperations.IsPow2(size) ? Find(address, size) : -1;

    private int Find(ulong address, int size)
    {
        int low = 0, high = claims.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            ref readonly MmioClaim claim = ref claims[middle];
            if (address < claim.Base)
                high = middle - 1;
            else if (address - claim.Base >= claim.Length)
                low = middle + 1;
            else
                return claim.Length - (address - claim.Base) >= (ulong)size ? middle : -1;
        }

        return -1;
    }
}
