using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Machine;

/// <summary>Writes as much of the ACPI machine language (ACPI specification, chapter 20) as a small definition block needs.</summary>
internal sealed class AmlWriter
{
    private const byte NameOp = 0x08, ByteConst = 0x0A, WordConst = 0x0B, DwordConst = 0x0C, StringConst = 0x0D, ScopeOp = 0x10, BufferOp = 0x11,
        PackageOp = 0x12, ExtendedOp = 0x5B, DeviceOp = 0x82;

    private readonly List<byte> bytes = [];

    /// <summary>What was written.</summary>
    public byte[] ToArray() => [.. bytes];

    /// <summary>Scope(NAME) { … }</summary>
    public void Scope(string name, Action<AmlWriter> content)
    {
        var inner = new AmlWriter();
        inner.Segment(name);
        content(inner);
        bytes.Add(ScopeOp);
        Package(inner);
    }

    /// <summary>Device(NAME) { … }</summary>
    public void Device(string name, Action<AmlWriter> content)
    {
        var inner = new AmlWriter();
        inner.Segment(name);
        content(inner);
        bytes.AddRange([ExtendedOp, DeviceOp]);
        Package(inner);
    }

    /// <summary>Name(NAME, "text")</summary>
    public void Name(string name, string text)
    {
        Named(name);
        bytes.Add(StringConst);
        bytes.AddRange(Encoding.ASCII.GetBytes(text));
        bytes.Add(0);
    }

    /// <summary>Name(NAME, value)</summary>
    public void Name(string name, uint value)
    {
        Named(name);
        Integer(value);
    }

    /// <summary>Name(NAME, Package { values })</summary>
    public void Name(string name, params ReadOnlySpan<uint> values)
    {
        Named(name);
        var inner = new AmlWriter();
        inner.bytes.Add((byte)values.Length);
        foreach (uint value in values)
            inner.Integer(value);
        bytes.Add(PackageOp);
        Package(inner);
    }

    /// <summary>Name(NAME, Buffer { content })</summary>
    public void NameBuffer(string name, ReadOnlySpan<byte> content)
    {
        Named(name);
        var inner = new AmlWriter();
        inner.Integer((uint)content.Length);
        inner.bytes.AddRange(content);
        bytes.Add(BufferOp);
        Package(inner);
    }

    private void Named(string name)
    {
        bytes.Add(NameOp);
        Segment(name);
    }

    private void Segment(string name) => bytes.AddRange(Encoding.ASCII.GetBytes(name.PadRight(4, '_')));

    private void Integer(uint value)
    {
        Span<byte> wide = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(wide, value);
        switch (value)
        {
            case 0 or 1:
                bytes.Add((byte)value);
                break;
            case <= byte.MaxValue:
                bytes.AddRange([ByteConst, (byte)value]);
                break;
            case <= ushort.MaxValue:
                bytes.Add(WordConst);
                bytes.AddRange(wide[..2]);
                break;
            default:
                bytes.Add(DwordConst);
                bytes.AddRange(wide);
                break;
        }
    }

    /// <summary>PkgLength and content: the length counts its own bytes, one to four of them.</summary>
    private void Package(AmlWriter content)
    {
        int length = content.bytes.Count;
        if (length + 1 < 0x40)
        {
            bytes.Add((byte)(length + 1));
        }
        else
        {
            int more = length + 2 < 1 << 12 ? 1 : length + 3 < 1 << 20 ? 2 : 3;
            int total = length + 1 + more;
            bytes.Add((byte)((more << 6) | (total & 0xF)));
            for (int i = 0; i < more; i++)
                bytes.Add((byte)(total >> (4 + (8 * i))));
        }

        bytes.AddRange(content.bytes);
    }
}
