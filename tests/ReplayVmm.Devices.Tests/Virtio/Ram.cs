using System.Buffers.Binary;

namespace ReplayVmm.Devices.Tests;

/// <summary>A megabyte of guest memory at <see cref="Start"/>; nothing is anywhere else.</summary>
internal sealed class Ram : IGuestMemory
{
    public const ulong Start = 0x10_0000, Length = 0x10_0000;

    private readonly byte[] bytes = new byte[Length];

    public bool Contains(ulong address, ulong length) => address >= Start && length <= Length && address - Start <= Length - length;

    public bool TryRead(ulong address, Span<byte> destination)
    {
        if (!Contains(address, (ulong)destination.Length))
            return false;
        bytes.AsSpan((int)(address - Start), destination.Length).CopyTo(destination);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> source)
    {
        if (!Contains(address, (ulong)source.Length))
            return false;
        source.CopyTo(bytes.AsSpan((int)(address - Start)));
        return true;
    }

    public Span<byte> At(ulong address, int length) => bytes.AsSpan((int)(address - Start), length);

    public ushort Word(ulong address) => BinaryPrimitives.ReadUInt16LittleEndian(At(address, 2));

    public void Word(ulong address, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(At(address, 2), value);

    public uint Dword(ulong address) => BinaryPrimitives.ReadUInt32LittleEndian(At(address, 4));

    public void Dword(ulong address, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(At(address, 4), value);

    public void Qword(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(At(address, 8), value);
}
