using Iced.Intel;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>Places within a guest that its own instructions name as numbers.</summary>
internal sealed class Addresses
{
    private readonly Dictionary<string, Label> labels = [];
    private readonly Dictionary<string, short> known = [];

    /// <summary>The address of a place; anything in the first pass.</summary>
    public short this[string place] => known.GetValueOrDefault(place);

    /// <summary>The next instruction is the place called <paramref name="place"/>.</summary>
    public void Mark(Assembler assembler, string place)
    {
        Label label = assembler.CreateLabel();
        assembler.Label(ref label);
        labels[place] = label;
    }

    /// <summary>Learns where the places are.</summary>
    public void Resolve(AssemblerResult result)
    {
        foreach ((string place, Label label) in labels)
            known[place] = checked((short)result.GetLabelRIP(label));
    }
}
