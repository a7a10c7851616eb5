using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// The tables of the MultiProcessor Specification 1.4 (chapter 4), for systems that do not read ACPI: a floating pointer and, behind it, the
/// configuration table. Virtio devices are not in it: there is no bus that they are on.
/// </summary>
internal static class MultiprocessorTable
{
    /// <summary>Guest-physical address of the floating pointer; between F0000h and FFFFFh, where systems look.</summary>
    public const ulong Address = 0xF8000;

    private const int PointerLength = 16, HeaderLength = 44, ProcessorLength = 20, OtherLength = 8;
    private const byte Specification = 4, LocalApicVersion = 0x14, IsaBus = 0, Everybody = 0xFF;
    private const byte Interrupt = 0, Nmi = 1, ExternalInterrupt = 3;

    /// <summary>The pointer and the table, for processors with the signature and features that CPUID leaf 1 shows in EAX and EDX.</summary>
    public static MemoryImage Image(PlatformShape shape)
    {
        const int IsaInterrupts = 16, LocalPins = 2;
        int interrupts = IsaInterrupts - 1;
        int entries = shape.Vcpus + 2 + interrupts + LocalPins;
        int length = HeaderLength + (shape.Vcpus * ProcessorLength) + ((2 + interrupts + LocalPins) * OtherLength);
        var table = new FirmwareTable(length);
        table.Text(0, "PCMP");
        table.Word(4, (ushort)length);
        table.Bytes[6] = Specification;
        table.Text(8, "RVMM    ");
        table.Text(16, "REPLAYVMM   ");
        table.Word(34, (ushort)entries);
        table.Dword(36, (uint)LocalApic.DefaultBase);

        int at = HeaderLength;
        for (int i = 0; i < shape.Vcpus; i++, at += ProcessorLength)
            Processor(table, at, i);
        Entry(table, ref at, 1, IsaBus, (byte)'I', (byte)'S', (byte)'A', (byte)' ', (byte)' ', (byte)' ');
        table.Dword(at + 4, (uint)IoApic.Address);
        Entry(table, ref at, 2, DeviceSet.IoApicId, IoApic.VersionNumber, 1);
        for (byte irq = 0; irq < IsaInterrupts; irq++)
        {
            if (irq != DeviceSet.TimerPin)
                Entry(table, ref at, 3, Interrupt, 0, 0, IsaBus, irq, DeviceSet.IoApicId, irq == 0 ? DeviceSet.TimerPin : irq);
        }

        Entry(table, ref at, 4, ExternalInterrupt, 0, 0, IsaBus, 0, Everybody, 0);
        Entry(table, ref at, 4, Nmi, 0, 0, IsaBus, 0, Everybody, 1);
        table.Seal(7, length);

        var pointer = new FirmwareTable(PointerLength);
        pointer.Text(0, "_MP_");
        pointer.Dword(4, (uint)Address + PointerLength);
        (pointer.Bytes[8], pointer.Bytes[9]) = (1, Specification);
        pointer.Seal(10, PointerLength);
        return new MemoryImage(Address, (byte[])[.. pointer.Bytes, .. table.Bytes]);
    }

    private static void Processor(FirmwareTable table, int at, int index)
    {
        const byte Enabled = 1, Bootstrap = 2;
        const uint FamilySix = 0x600, FpuAndApic = 0x201;
        (table.Bytes[at + 1], table.Bytes[at + 2]) = ((byte)index, LocalApicVersion);
        table.Bytes[at + 3] = (byte)(index == 0 ? Enabled | Bootstrap : Enabled);
        table.Dword(at + 4, FamilySix);
        table.Dword(at + 8, FpuAndApic);
    }

    private static void Entry(FirmwareTable table, ref int at, params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(table.Bytes.AsSpan(at));
        at += OtherLength;
    }
}
