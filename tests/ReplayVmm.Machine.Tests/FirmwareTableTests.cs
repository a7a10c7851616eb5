using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ReplayVmm.Devices;

namespace ReplayVmm.Machine.Tests;

/// <summary>The firmware's tables, found as an operating system finds them, and read by the ACPI component architecture's own disassembler.</summary>
public sealed class FirmwareTableTests : IDisposable
{
    private const string Iasl = "/usr/bin/iasl";
    private const VirtioSlots AllVirtio = VirtioSlots.Block | VirtioSlots.Console | VirtioSlots.Entropy;

    private readonly string folder = Directory.CreateTempSubdirectory("replayvmm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static byte[] Memory(int vcpus, VirtioSlots virtio = VirtioSlots.None)
    {
        byte[] program = [0xF4];
        BootPlan plan = BootLoader.Flat(new BootImage("test", program), 0x8000, 0x8000, 16, 2 << 20, new PlatformShape(vcpus, virtio));
        byte[] bytes = new byte[1 << 20];
        foreach (MemoryImage image in plan.Images)
            image.Bytes.Span.CopyTo(bytes.AsSpan((int)image.Address));
        return bytes;
    }

    private static uint Dword(ReadOnlySpan<byte> b, int at) => BinaryPrimitives.ReadUInt32LittleEndian(b[at..]);

    private static ulong Qword(ReadOnlySpan<byte> b, int at) => BinaryPrimitives.ReadUInt64LittleEndian(b[at..]);

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte b in bytes)
            sum += b;
        return sum;
    }

    /// <summary>The place of a signature at a multiple of 16 in the last 128 KiB below 1 MiB.</summary>
    private static int Scan(byte[] memory, string signature)
    {
        for (int at = 0xE0000; at < 0x100000; at += 16)
        {
            if (Encoding.ASCII.GetString(memory, at, signature.Length) == signature)
                return at;
        }

        throw new InvalidDataException($"no {signature}");
    }

    /// <summary>The tables that RSDT and XSDT name, and the DSDT and FACS that the FADT names.</summary>
    private static Dictionary<string, byte[]> Tables(byte[] memory)
    {
        int root = Scan(memory, "RSD PTR ");
        Sum(memory.AsSpan(root, 20)).ShouldBe(0);
        Sum(memory.AsSpan(root, 36)).ShouldBe(0);
        int rsdt = (int)Dword(memory, root + 16), xsdt = (int)Qword(memory, root + 24);
        int count = ((int)Dword(memory, rsdt + 4) - 36) / 4;
        ((int)Dword(memory, xsdt + 4) - 36).ShouldBe(count * 8);
        Dictionary<string, byte[]> tables = new(StringComparer.Ordinal) { ["RSDT"] = At(memory, rsdt), ["XSDT"] = At(memory, xsdt) };
        for (int i = 0; i < count; i++)
        {
            int at = (int)Dword(memory, rsdt + 36 + (4 * i));
            Qword(memory, xsdt + 36 + (8 * i)).ShouldBe((ulong)at);
            tables.Add(Encoding.ASCII.GetString(memory, at, 4), At(memory, at));
        }

        byte[] fadt = tables["FACP"];
        tables.Add("DSDT", At(memory, (int)Dword(fadt, 40)));
        Qword(fadt, 140).ShouldBe(Dword(fadt, 40));
        int facs = (int)Dword(fadt, 36);
        (facs & 63).ShouldBe(0);
        tables.Add("FACS", memory.AsSpan(facs, (int)Dword(memory, facs + 4)).ToArray());
        return tables;
    }

    private static byte[] At(byte[] memory, int address)
    {
        byte[] table = memory.AsSpan(address, (int)Dword(memory, address + 4)).ToArray();
        Sum(table).ShouldBe(0, Encoding.ASCII.GetString(table, 0, 4));
        return table;
    }

    private string Disassemble(string name, byte[] table)
    {
        Assert.SkipUnless(File.Exists(Iasl), "acpica-tools is not installed, so nobody else judges the ACPI tables");
        File.WriteAllBytes(Path.Combine(folder, name + ".aml"), table);
        Run("-d", name + ".aml");
        return File.ReadAllText(Path.Combine(folder, name + ".dsl"));
    }

    private string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Iasl, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output);
        return output;
    }

    [Fact]
    public void Every_table_is_where_systems_look_for_it_and_lies_in_reserved_memory()
    {
        byte[] memory = Memory(8, AllVirtio);
        Dictionary<string, byte[]> tables = Tables(memory);
        tables.Keys.Order(StringComparer.Ordinal).ShouldBe(["APIC", "DSDT", "FACP", "FACS", "RSDT", "XSDT"]);
        (ulong Address, ulong Length, uint Type)[] map = [.. MemoryMap.E820(2 << 20)];
        foreach (ulong at in (ulong[])[(ulong)Scan(memory, "RSD PTR "), (ulong)Scan(memory, "_MP_"), Dword(tables["FACP"], 36)])
            map.ShouldContain(r => r.Type == 2 && at >= r.Address && at - r.Address < r.Length);
        MemoryMap.Slots(2 << 20).ShouldContain(slot => slot.Contains(0xE0000) && slot.Contains(0xFFFFF));
    }

    [Fact]
    public void The_fixed_table_names_the_registers_that_the_devices_have()
    {
        byte[] fadt = Tables(Memory(1))["FACP"];
        fadt.Length.ShouldBe(276);
        var power = new AcpiPower(new NoPlatform());
        (Dword(fadt, 56), Qword(fadt, 152), fadt[88]).ShouldBe((AcpiPower.EventPort, AcpiPower.EventPort, (byte)4));
        (Dword(fadt, 64), Qword(fadt, 176), fadt[89]).ShouldBe((AcpiPower.ControlPort, AcpiPower.ControlPort, (byte)2));
        power.Ports.Single().First.ShouldBe((ushort)Dword(fadt, 56));
        (Dword(fadt, 76), Qword(fadt, 212), fadt[91]).ShouldBe((AcpiTimer.Port, AcpiTimer.Port, (byte)4));
        (Qword(fadt, 120), fadt[128]).ShouldBe((ResetControl.Port, (byte)6));
        (Dword(fadt, 112) & (1 << 10)).ShouldNotBe(0u, "RESET_REG_SUP");
    }

    [Fact]
    public void The_reset_value_resets_and_the_sleep_type_switches_off()
    {
        Dictionary<string, byte[]> tables = Tables(Memory(1));
        byte[] fadt = tables["FACP"], dsdt = tables["DSDT"];
        int s5 = dsdt.AsSpan().IndexOf("_S5_"u8);
        dsdt.AsSpan(s5 - 1, 7).ToArray().ShouldBe([0x08, (byte)'_', (byte)'S', (byte)'5', (byte)'_', 0x12, 0x06]);
        byte sleepType = dsdt[s5 + 7];
        sleepType.ShouldBe((byte)AcpiPower.SoftOff);

        EndReason Write(ushort port, byte size, uint value)
        {
            BootPlan plan = Guest.Flat(32, a =>
            {
                a.mov(Iced.Intel.AssemblerRegisters.edx, (uint)port);
                a.mov(Iced.Intel.AssemblerRegisters.eax, value);
                if (size == 1)
                    a.@out(Iced.Intel.AssemblerRegisters.dx, Iced.Intel.AssemblerRegisters.al);
                else
                    a.@out(Iced.Intel.AssemblerRegisters.dx, Iced.Intel.AssemblerRegisters.ax);
                a.cli();
                a.hlt();
            });
            using var machine = new VirtualMachine(Guest.Manifest(plan), plan.Images, new Script(), new Log());
            return machine.Run().Reason;
        }

        Write((ushort)Qword(fadt, 120), 1, fadt[128]).ShouldBe(EndReason.Reset);
        Write((ushort)Dword(fadt, 64), 2, 0x2000u | ((uint)sleepType << 10)).ShouldBe(EndReason.PowerOff);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void The_interrupt_table_and_the_multiprocessor_table_list_every_processor_and_the_io_apic(int vcpus)
    {
        byte[] memory = Memory(vcpus), madt = Tables(memory)["APIC"];
        List<(byte Type, byte[] Bytes)> entries = [];
        for (int at = 44; at < madt.Length; at += madt[at + 1])
            entries.Add((madt[at], madt.AsSpan(at, madt[at + 1]).ToArray()));
        entries.Where(e => e.Type == 0).Select(e => (int)e.Bytes[3]).ShouldBe(Enumerable.Range(0, vcpus));
        Dword(entries.Single(e => e.Type == 1).Bytes, 4).ShouldBe((uint)IoApic.Address);
        entries.ShouldContain(e => e.Type == 2 && e.Bytes[3] == 0 && Dword(e.Bytes, 4) == 2);

        int pointer = Scan(memory, "_MP_"), table = (int)Dword(memory, pointer + 4), length = memory[table + 4] | (memory[table + 5] << 8);
        Sum(memory.AsSpan(pointer, 16)).ShouldBe(0);
        Sum(memory.AsSpan(table, length)).ShouldBe(0);
        int[] lengths = [20, 8, 8, 8, 8], counts = new int[5];
        int position = table + 44;
        for (int i = 0; i < (memory[table + 34] | (memory[table + 35] << 8)); i++)
        {
            counts[memory[position]]++;
            if (memory[position] == 0)
                memory[position + 1].ShouldBe((byte)(counts[0] - 1));
            position += lengths[memory[position]];
        }

        position.ShouldBe(table + length);
        counts.ShouldBe([vcpus, 1, 1, 15, 2]);
    }

    [Fact]
    public void The_acpi_disassembler_understands_every_table_without_a_complaint()
    {
        foreach ((string name, byte[] table) in Tables(Memory(4, AllVirtio)).OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            string text = Disassemble(name, table);
            Regex.IsMatch(text, "incorrect|invalid|unknown|error|warning", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5))
                .ShouldBeFalse($"{name}:\n{text}");
        }

        string madt = File.ReadAllText(Path.Combine(folder, "APIC.dsl"));
        Regex.Count(madt, @"Processor Local APIC\]", RegexOptions.None, TimeSpan.FromSeconds(5)).ShouldBe(4);
        madt.ShouldContain("Polarity : 1");
        madt.ShouldContain("Trigger Mode : 3");
    }

    [Theory]
    [InlineData(VirtioSlots.None)]
    [InlineData(VirtioSlots.Block)]
    [InlineData(VirtioSlots.Console | VirtioSlots.Entropy)]
    [InlineData(AllVirtio)]
    public void What_the_acpi_compiler_makes_of_our_disassembled_definition_block_is_our_definition_block(VirtioSlots virtio)
    {
        byte[] dsdt = Tables(Memory(1, virtio))["DSDT"];
        string text = Disassemble("DSDT", dsdt);
        for (int n = 0; n < 3; n++)
        {
            bool there = ((int)virtio & (1 << n)) != 0;
            text.Contains($"Device (VIO{n})", StringComparison.Ordinal).ShouldBe(there);
            text.Contains($"0xFEB0{n}000,", StringComparison.Ordinal).ShouldBe(there);
            text.Contains($"0x000000{16 + n:X2},", StringComparison.Ordinal).ShouldBe(there);
        }

        if (virtio != VirtioSlots.None)
            text.ShouldContain("Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive");
        File.Delete(Path.Combine(folder, "DSDT.aml"));
        Run("DSDT.dsl").ShouldContain("0 Errors, 0 Warnings");
        byte[] again = File.ReadAllBytes(Path.Combine(folder, "DSDT.aml"));
        again.AsSpan(36).SequenceEqual(dsdt.AsSpan(36)).ShouldBeTrue("the compiler encodes the same block otherwise");
    }

    private sealed class NoPlatform : IPlatform
    {
        public void Request(PlatformRequest request, uint code)
        {
        }
    }
}
