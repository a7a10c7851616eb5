using Iced.Intel;

namespace ReplayVmm.Conformance;

/// <summary>Code as bytes.</summary>
internal static class Assembling
{
    /// <summary>What <paramref name="a"/> holds, for <paramref name="address"/>.</summary>
    public static byte[] Bytes(this Assembler a, ulong address)
    {
        using var stream = new MemoryStream();
        a.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>What <paramref name="code"/> writes, for code of <paramref name="bits"/> at <paramref name="address"/>.</summary>
    public static byte[] Bytes(int bits, ulong address, Action<Assembler> code)
    {
        var a = new Assembler(bits);
        code(a);
        return a.Bytes(address);
    }
}
