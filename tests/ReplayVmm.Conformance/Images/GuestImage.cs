using System.Buffers.Binary;
using System.Text;

namespace ReplayVmm.Conformance;

/// <summary>Puts a family's guest together: Multiboot header, runtime, stubs, cases, tables.</summary>
internal static class GuestImage
{
    private const uint Magic = 0x1BAD_B002, HasAddresses = 1 << 16;
    private const uint Runtime = Layout.Image + 0x40, Entries = Layout.Image + 0x2000, Handler = Layout.Image + 0x3000, Go = Layout.Image + 0x3800;
    private const uint CasesStart = Layout.Image + 0x4000;
    private const int MostPasses = 8;

    /// <summary>The disk image, which is a Multiboot kernel too.</summary>
    public static byte[] Build(Family family) => BootDisk.Create(Flat(family), Layout.Image, Runtime);

    private static byte[] Flat(Family family)
    {
        (byte[] code, Dictionary<string, uint> marks) = Cases(family);
        uint end = Align(CasesStart + (uint)code.Length, 0x1000), tables = end, pointers = tables + 0x3000, list = pointers + 0x20;
        var data = new MemoryStream();
        uint texts = list + (uint)(family.Cases.Count * 16);
        byte[] entries = new byte[family.Cases.Count * 16];
        for (int i = 0; i < family.Cases.Count; i++)
        {
            Case one = family.Cases[i];
            Span<byte> entry = entries.AsSpan(i * 16);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, texts + (uint)data.Length);
            data.Write(Encoding.ASCII.GetBytes(one.Name + '\0'));
            while (data.Length % 4 != 0)
                data.WriteByte(0);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], marks[$"{one.Name}/start"]);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], marks[$"{one.Name}/end"]);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], texts + (uint)data.Length);
            foreach (uint probe in one.Probes.Append(0u))
                data.Write(BitConverter.GetBytes(probe));
        }
        var places = new RuntimePlaces(Runtime, Go, list, (uint)family.Cases.Count, tables, pointers, pointers + 8);
        byte[] image = new byte[Align(texts + (uint)data.Length, 16) - Layout.Image];
        if (image.Length > Layout.ImageSize)
            throw new InvalidOperationException($"{family.Name}: an image of {image.Length} bytes is too long");
        Put(image, Layout.Image, Header(), Runtime);
        Put(image, Runtime, new RuntimeCode(family.Mode, places).Assemble(), Entries);
        Put(image, Entries, Stubs.Entries(family.Mode, Entries, Handler), Handler);
        Put(image, Handler, Stubs.Handler(family.Mode, Handler, places.After), Go);
        Put(image, Go, Stubs.Go(family.Mode, Go), CasesStart);
        Put(image, CasesStart, code, end);
        Put(image, tables, PristineTables.Make(family.Mode, Entries), pointers);
        Put(image, pointers, Pointer(0xFFF, Layout.Gdt), pointers + 8);
        Put(image, pointers + 8, Pointer((ushort)(family.Mode == 64 ? 0xFFF : 0x7FF), Layout.Idt), list);
        Put(image, list, entries, texts);
        Put(image, texts, data.ToArray(), uint.MaxValue);
        return image;
    }

    /// <summary>Assembles until no place moves any more.</summary>
    private static (byte[] Code, Dictionary<string, uint> Marks) Cases(Family family)
    {
        var known = new Dictionary<string, uint>(StringComparer.Ordinal);
        for (int pass = 0; pass < MostPasses; pass++)
        {
            var writer = new CaseWriter(family.Mode, CasesStart, known);
            foreach (Case one in family.Cases)
            {
                writer.Enter(one.Name);
                writer.Mark("start");
                one.Write(writer);
                writer.Mark("end");
                writer.A.int3();
            }
            (byte[] code, Dictionary<string, uint> found) = writer.Finish();
            if (known.Count == found.Count && found.All(pair => known[pair.Key] == pair.Value))
                return (code, found);
            known = found;
        }
        throw new InvalidOperationException($"{family.Name}: its places do not come to rest");
    }

    private static byte[] Header()
    {
        byte[] header = new byte[32];
        uint[] words = [Magic, HasAddresses, unchecked(0 - Magic - HasAddresses), Layout.Image, Layout.Image, 0, 0, Runtime];
        Buffer.BlockCopy(words, 0, header, 0, header.Length);
        return header;
    }

    private static byte[] Pointer(ushort limit, uint address)
    {
        byte[] pointer = new byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, limit);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(2), address);
        return pointer;
    }

    private static void Put(byte[] image, uint address, byte[] bytes, uint end)
    {
        if (address + bytes.Length > end)
            throw new InvalidOperationException($"{bytes.Length} bytes at {address:x} reach beyond {end:x}");
        bytes.CopyTo(image, (int)(address - Layout.Image));
    }

    private static uint Align(uint value, uint to) => (value + to - 1) & ~(to - 1);
}
