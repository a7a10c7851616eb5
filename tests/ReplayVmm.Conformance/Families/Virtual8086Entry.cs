using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>Enters virtual-8086 mode.</summary>
internal static class Virtual8086Entry
{
    /// <summary>SP at the first instruction.</summary>
    public const ushort Sp = 0xF00;

    /// <summary>Puts code into the low area.</summary>
    public static void PutLow(this CaseWriter c, byte[] code, uint at = 0)
    {
        byte[] padded = [.. code, .. new byte[(4 - (code.Length % 4)) % 4]];
        for (uint n = 0; n < padded.Length; n += 4)
            c.Poke(Layout.Low + at + n, BitConverter.ToUInt32(padded, (int)n));
    }

    /// <summary>Runs 16-bit code at offset 0 of the low segment, which all segment registers hold.</summary>
    public static void Virtual8086(this CaseWriter c, Action<Assembler> code, uint flags = 2, ushort ip = 0)
    {
        c.PutLow(Assembling.Bytes(16, 0, code), ip);
        c.A.mov(eax, 0);
        for (int n = 0; n < 4; n++)
            c.Push(Layout.LowSegment);
        c.Push(Layout.LowSegment);
        c.Push(Sp);
        c.Push(flags | 0x2_0002);
        c.Push(Layout.LowSegment);
        c.Push(ip);
        c.A.iretd();
    }
}
