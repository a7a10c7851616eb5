using System.Buffers.Binary;
using ReplayVmm.Devices;

namespace ReplayVmm.Machine;

/// <summary>
/// The ACPI tables (ACPI specification 6.3, chapter 5): RSDP, RSDT, XSDT, FADT, MADT and DSDT in the firmware's ROM, the FACS, which the
/// operating system writes, behind the extended BIOS data area.
/// </summary>
internal static class AcpiTables
{
    /// <summary>Guest-physical address of the RSDP.</summary>
    public const ulong RootPointer = 0xF0000;

    /// <summary>Guest-physical address of the FACS.</summary>
    public const ulong Facs = MemoryMap.ExtendedBiosData + 0x300;

    private const int RootPointerLength = 36, FacsLength = 64, FadtLength = 276, Alignment = 16;
    private const ushort SystemControlInterrupt = 9;

    /// <summary>The tables of a machine of this shape.</summary>
    public static IReadOnlyList<MemoryImage> Images(PlatformShape shape)
    {
        ulong at = RootPointer + RootPointerLength;
        var images = new List<MemoryImage>();
        ulong Put(FirmwareTable table)
        {
            ulong address = at = (at + Alignment - 1) & ~(ulong)(Alignment - 1);
            images.Add(new MemoryImage(address, table.Bytes));
            at += (ulong)table.Bytes.Length;
            return address;
        }

        ulong dsdt = Put(Dsdt(shape)), fadt = Put(Fadt(dsdt)), madt = Put(Madt(shape));
        ulong rsdt = Put(Roots("RSDT", sizeof(uint), fadt, madt)), xsdt = Put(Roots("XSDT", sizeof(ulong), fadt, madt));
        images.Insert(0, new MemoryImage(RootPointer, Rsdp(rsdt, xsdt).Bytes));
        var facs = new FirmwareTable(FacsLength);
        facs.Text(0, "FACS");
        facs.Dword(4, FacsLength);
        facs.Bytes[32] = 2;
        images.Add(new MemoryImage(Facs, facs.Bytes));
        return images;
    }

    private static FirmwareTable Rsdp(ulong rsdt, ulong xsdt)
    {
        const int FirstPart = 20, ChecksumField = 8, ExtendedChecksumField = 32;
        var table = new FirmwareTable(RootPointerLength);
        table.Text(0, "RSD PTR ");
        table.Text(9, "RVMM  ");
        table.Bytes[15] = 2;
        table.Dword(16, (uint)rsdt);
        table.Dword(20, RootPointerLength);
        table.Qword(24, xsdt);
        return table.Seal(ChecksumField, FirstPart).Seal(ExtendedChecksumField, RootPointerLength);
    }

    private static FirmwareTable Roots(string signature, int size, params ReadOnlySpan<ulong> tables)
    {
        FirmwareTable table = FirmwareTable.Acpi(signature, 1, FirmwareTable.HeaderLength + (size * tables.Length));
        for (int i = 0; i < tables.Length; i++)
        {
            int at = FirmwareTable.HeaderLength + (size * i);
            if (size == sizeof(uint))
                table.Dword(at, (uint)tables[i]);
            else
                table.Qword(at, tables[i]);
        }

        return table.Seal();
    }

    /// <summary>The fixed description table (5.2.9): no SMI to switch ACPI on, so it always is; no power button.</summary>
    private static FirmwareTable Fadt(ulong dsdt)
    {
        const byte Revision = 6, MinorRevision = 3, ResetWhole = 6, Word = 2, Dword = 3;
        const ushort Deeper = 0xFFFF, LegacyDevices = 1, KeyboardController = 2, NoVga = 4, NoMessageSignalled = 8;
        const uint Wbinvd = 1, HltOnEveryProcessor = 1 << 2, NoPowerButton = 1 << 4, NoSleepButton = 1 << 5, NoFixedRtc = 1 << 6, WideTimer = 1 << 8,
            HasReset = 1 << 10;
        FirmwareTable table = FirmwareTable.Acpi("FACP", Revision, FadtLength);
        table.Dword(36, (uint)Facs);
        table.Dword(40, (uint)dsdt);
        table.Word(46, SystemControlInterrupt);
        table.Dword(56, AcpiPower.EventPort);
        table.Dword(64, AcpiPower.ControlPort);
        table.Dword(76, AcpiTimer.Port);
        (table.Bytes[88], table.Bytes[89], table.Bytes[91]) = (4, 2, 4);
        table.Word(96, Deeper);
        table.Word(98, Deeper);
        table.Bytes[108] = CmosRtc.CenturyRegister;
        table.Word(109, LegacyDevices | KeyboardController | NoVga | NoMessageSignalled);
        table.Dword(112, Wbinvd | HltOnEveryProcessor | NoPowerButton | NoSleepButton | NoFixedRtc | WideTimer | HasReset);
        table.Port(116, ResetControl.Port, 8, 1);
        table.Bytes[128] = ResetWhole;
        table.Bytes[131] = MinorRevision;
        table.Qword(140, dsdt);
        table.Port(148, AcpiPower.EventPort, 32, Word);
        table.Port(172, AcpiPower.ControlPort, 16, Word);
        table.Port(208, AcpiTimer.Port, 32, Dword);
        return table.Seal();
    }

    /// <summary>Interrupt controllers (5.2.12).</summary>
    private static FirmwareTable Madt(PlatformShape shape)
    {
        const int AddressAndFlags = 8;
        const byte LocalApicEntry = 0, IoApicEntry = 1, OverrideEntry = 2, LocalNmiEntry = 4, Everybody = 0xFF;
        const ushort LevelHigh = 0x0D, AsTheBus = 0;
        var entries = new List<byte>();
        for (byte i = 0; i < shape.Vcpus; i++)
            entries.AddRange([LocalApicEntry, 8, i, i, 1, 0, 0, 0]);
        entries.AddRange([IoApicEntry, 12, DeviceSet.IoApicId, 0, .. Little((uint)IoApic.Address), 0, 0, 0, 0]);
        entries.AddRange([OverrideEntry, 10, 0, 0, DeviceSet.TimerPin, 0, 0, 0, (byte)AsTheBus, 0]);
        entries.AddRange([OverrideEntry, 10, 0, (byte)SystemControlInterrupt, (byte)SystemControlInterrupt, 0, 0, 0, (byte)LevelHigh, 0]);
        entries.AddRange([LocalNmiEntry, 6, Everybody, 0, 0, 1]);

        FirmwareTable table = FirmwareTable.Acpi("APIC", 4, FirmwareTable.HeaderLength + AddressAndFlags + entries.Count);
        table.Dword(FirmwareTable.HeaderLength, (uint)LocalApic.DefaultBase);
        table.Dword(FirmwareTable.HeaderLength + 4, 1);     // a pair of 8259A is there too
        entries.CopyTo(table.Bytes, FirmwareTable.HeaderLength + AddressAndFlags);
        return table.Seal();
    }

    /// <summary>The devices that cannot be found otherwise, and how to switch off.</summary>
    private static FirmwareTable Dsdt(PlatformShape shape)
    {
        var code = new AmlWriter();
        code.Name("_S5", AcpiPower.SoftOff, AcpiPower.SoftOff, 0, 0);
        code.Scope("_SB", system =>
        {
            foreach (int n in shape.VirtioDevices)
            {
                system.Device($"VIO{n}", device =>
                {
                    device.Name("_HID", "LNRO0005");
                    device.Name("_UID", (uint)n);
                    device.Name("_CCA", 1);
                    device.NameBuffer("_CRS", VirtioResources(n));
                });
            }
        });
        byte[] bytes = code.ToArray();
        FirmwareTable table = FirmwareTable.Acpi("DSDT", 2, FirmwareTable.HeaderLength + bytes.Length);
        bytes.CopyTo(table.Bytes, FirmwareTable.HeaderLength);
        return table.Seal();
    }

    /// <summary>Memory32Fixed, Interrupt (consumer, level, active high, exclusive), end (ACPI 6.4.3.4, 6.4.3.6, 6.4.2.9).</summary>
    private static byte[] VirtioResources(int n)
    {
        const byte FixedMemory = 0x86, Writable = 1, ExtendedInterrupt = 0x89, ConsumerLevelHighExclusive = 1, End = 0x79;
        uint address = PlatformShape.VirtioAddress + ((uint)n * PlatformShape.VirtioLength);
        return
        [
            FixedMemory, 9, 0, Writable, .. Little(address), .. Little(PlatformShape.VirtioLength),
            ExtendedInterrupt, 6, 0, ConsumerLevelHighExclusive, 1, .. Little((uint)(PlatformShape.VirtioInterrupt + n)),
            End, 0,
        ];
    }

    private static byte[] Little(uint value)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
