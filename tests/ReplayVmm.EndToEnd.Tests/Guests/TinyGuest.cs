using System.Globalization;
using Iced.Intel;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>A flat guest of a few instructions.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Mode">16, 32 or 64 bits.</param>
/// <param name="Code">Its bytes, to be put at <see cref="Address"/> and entered there.</param>
internal sealed record TinyGuest(string Name, int Mode, byte[] Code)
{
    public const ulong Address = 0x7C00;

    /// <summary>Assembles a guest.</summary>
    public static TinyGuest Assemble(string name, int mode, Action<Assembler> program)
    {
        var assembler = new Assembler(mode);
        program(assembler);
        using var code = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(code), Address);
        return new TinyGuest(name, mode, code.ToArray());
    }

    /// <summary>What <c>record</c> is told to boot it from <paramref name="file"/>.</summary>
    public string[] Arguments(string file) =>
        ["--flat", file, "--load", "0x7c00", "--mode", Mode.ToString(CultureInfo.InvariantCulture)];
}
