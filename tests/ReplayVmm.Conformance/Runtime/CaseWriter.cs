using Iced.Intel;

namespace ReplayVmm.Conformance;

/// <summary>
/// Writes the instructions of cases. Places are named; an address that is not known yet is <see cref="Layout.Image"/> in the first pass, so
/// that every pass encodes it with the same length.
/// </summary>
/// <param name="mode">32 or 64.</param>
/// <param name="origin">Address of the first instruction.</param>
/// <param name="known">Addresses from the pass before.</param>
internal sealed class CaseWriter(int mode, uint origin, IReadOnlyDictionary<string, uint> known)
{
    private readonly Dictionary<string, Label> labels = new(StringComparer.Ordinal);
    private string scope = "";

    /// <summary>Where to write.</summary>
    public Assembler A { get; } = new(mode);

    /// <summary>32 or 64.</summary>
    public int Mode => mode;

    /// <summary>The address of a place in this case.</summary>
    public uint this[string place] => known.GetValueOrDefault(Key(place), Layout.Image);

    /// <summary>What follows is the place called <paramref name="place"/>.</summary>
    public void Mark(string place)
    {
        Label label = A.CreateLabel();
        A.Label(ref label);
        // A label needs an instruction of its own where two places meet, or none follows.
        A.zero_bytes();
        labels.Add(Key(place), label);
    }

    /// <summary>
    /// Ends the case, from any ring of protected and 64-bit mode: interrupt <see cref="DoneVector"/>, whose gate has DPL 3.
    /// </summary>
    public void Done() => A.@int(unchecked((sbyte)DoneVector));

    /// <summary>The vector of <see cref="Done"/>.</summary>
    public const byte DoneVector = 0x40;

    /// <summary>
    /// Puts <paramref name="code"/>, assembled for <paramref name="bits"/> and <paramref name="address"/>, here as bytes.
    /// </summary>
    /// <returns>Its length.</returns>
    public int Embed(int bits, uint address, Action<Assembler> code)
    {
        byte[] bytes = Assembling.Bytes(bits, address, code);
        A.db(bytes);
        return bytes.Length;
    }

    /// <summary>Names of places belong to <paramref name="name"/> from here on.</summary>
    internal void Enter(string name) => scope = name;

    /// <summary>The bytes, and where the places are.</summary>
    internal (byte[] Code, Dictionary<string, uint> Places) Finish()
    {
        using var stream = new MemoryStream();
        AssemblerResult result = A.Assemble(new StreamCodeWriter(stream), origin, BlockEncoderOptions.ReturnNewInstructionOffsets);
        var places = labels.ToDictionary(pair => pair.Key, pair => checked((uint)result.GetLabelRIP(pair.Value)), StringComparer.Ordinal);
        return (stream.ToArray(), places);
    }

    private string Key(string place) => $"{scope}/{place}";
}
