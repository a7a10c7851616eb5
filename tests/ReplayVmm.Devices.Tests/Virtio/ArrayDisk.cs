namespace ReplayVmm.Devices.Tests;

/// <summary>A disk in an array; remembers what it was told had been done.</summary>
internal sealed class ArrayDisk(int sectors) : IDisk, IDiskObserver
{
    public byte[] Bytes { get; } = new byte[sectors * 512];

    public List<(bool Write, ulong Sector, uint Length, byte Status)> Done { get; } = [];

    public ulong Sectors => (ulong)sectors;

    public string Serial => "0123456789abcdef0123456789";

    public void Read(ulong sector, Span<byte> destination) => Bytes.AsSpan((int)sector * 512, destination.Length).CopyTo(destination);

    public void Write(ulong sector, ReadOnlySpan<byte> source) => source.CopyTo(Bytes.AsSpan((int)sector * 512));

    public void Completed(bool write, ulong sector, uint length, byte status) => Done.Add((write, sector, length, status));
}
