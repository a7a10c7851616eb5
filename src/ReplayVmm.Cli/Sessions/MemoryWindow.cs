namespace ReplayVmm.Cli;

/// <summary>A piece of guest-physical memory.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes, 1 to 1 MiB.</param>
internal readonly record struct MemoryWindow(ulong Address, int Length)
{
    private const ulong Largest = 1 << 20;

    /// <summary>Reads <c>ADDR,LENGTH</c>.</summary>
    /// <exception cref="UsageException">It is not of that form.</exception>
    public static MemoryWindow Parse(string text)
    {
        string[] parts = text.Split(',');
        if (parts.Length != 2 || !Quantities.TryNumber(parts[0], out ulong address) || !Quantities.TryNumber(parts[1], out ulong length))
            throw new UsageException($"--memory {text}: write ADDR,LENGTH, as in 0x1000,64");
        return length is > 0 and <= Largest
            ? new MemoryWindow(address, (int)length)
            : throw new UsageException($"--memory {text}: 1 byte to 1M can be shown");
    }
}
