using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine;

/// <summary>A table in memory that is filled field by field, with its checksum at the end.</summary>
internal sealed class FirmwareTable(int length)
{
    /// <summary>Bytes of the header that every ACPI table but the RSDP and the FACS begins with.</summary>
    public const int HeaderLength = 36;

    private const string Creator = "RVMM";
    private const int LengthField = 4, ChecksumField = 9;

    /// <summary>The table.</summary>
    public byte[] Bytes { get; } = new byte[length];

    /// <summary>A table with the common header (ACPI 5.2.6).</summary>
    public static FirmwareTable Acpi(string signature, byte revision, int length)
    {
        var table = new FirmwareTable(length);
        table.Text(0, signature);
        table.Dword(LengthField, (uint)length);
        table.Bytes[8] = revision;
        table.Text(10, "RVMM  ");
        table.Text(16, "REPLAYVM");
        table.Dword(24, 1);
        table.Text(28, Creator);
        table.Dword(32, 1);
        return table;
    }

    /// <summary>Latin letters.</summary>
    public void Text(int at, string text) => Encoding.ASCII.GetBytes(text, Bytes.AsSpan(at));

    /// <summary>Two bytes.</summary>
    public void Word(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(at), value);

    /// <summary>Four bytes.</summary>
    public void Dword(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(at), value);

    /// <summary>Eight bytes.</summary>
    public void Qword(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(at), value);

    /// <summary>A register in port space (Generic Address Structure, ACPI 5.2.3.2).</summary>
    /// <param name="at">Offset of the structure.</param>
    /// <param name="port">The port.</param>
    /// <param name="bits">Width of the register.</param>
    /// <param name="access">Access size: 1 byte, 2 word, 3 dword.</param>
    public void Port(int at, ushort port, byte bits, byte access)
    {
        const byte SystemIo = 1;
        (Bytes[at], Bytes[at + 1], Bytes[at + 3]) = (SystemIo, bits, access);
        Qword(at + 4, port);
    }

    /// <summary>Makes the sum of the first <paramref name="count"/> bytes zero with the byte at <paramref name="at"/>.</summary>
    public FirmwareTable Seal(int at, int count)
    {
        byte sum = 0;
        foreach (byte b in Bytes.AsSpan(0, count))
            sum += b;
        Bytes[at] -= sum;
        return this;
    }

    /// <summary>Seals a table with the common header.</summary>
    public FirmwareTable Seal() => Seal(ChecksumField, Bytes.Length);
}
