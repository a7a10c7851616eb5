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
    public static TinyGuest Assemble(string name, int mode, Action<Assembler> program) => Assemble(name, mode, (a, _) => program(a));

    /// <summary>Assembles a guest that knows addresses within itself: once to learn them, and again.</summary>
    public static TinyGuest Assemble(string name, int mode, Action<Assembler, Addresses> program)
    {
        var addresses = new Addresses();
        AssembleOnce(mode, program, addresses);
        return new TinyGuest(name, mode, AssembleOnce(mode, program, addresses));
    }

    /// <summary>What <c>record</c> is told to boot it from <paramref name="file"/>.</summary>
    public string[] Arguments(string file) =>
        ["--flat", file, "--load", "0x7c00", "--mode", Mode.ToString(CultureInfo.InvariantCulture)];

    private static byte[] AssembleOnce(int mode, Action<Assembler, Addresses> program, Addresses addresses)
    {
        var assembler = new Assembler(mode);
        program(assembler, addresses);
        using var code = new MemoryStream();
        AssemblerResult result = assembler.Assemble(new StreamCodeWriter(code), Address, BlockEncoderOptions.ReturnNewInstructionOffsets);
        addresses.Resolve(result);
        return code.ToArray();
    }
}
