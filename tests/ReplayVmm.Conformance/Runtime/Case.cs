namespace ReplayVmm.Conformance;

/// <summary>
/// One experiment: some instructions, entered in ring 0 with a fresh environment, that end in an interrupt or exception of whatever kind.
/// What the interrupt left (vector, frame, registers, CR2, DR6, chosen words of memory) is its line of output. A case may also end the
/// machine, by a triple fault for example: then how it ended is its line.
/// </summary>
/// <param name="Name">What it is called, unique in its family; lower case but for names of registers and the like, no tabs, no bars.</param>
/// <param name="Write">Writes its instructions.</param>
/// <param name="Probes">Physical (and linear) addresses of 32-bit words that the line shows too, in this order.</param>
internal sealed record Case(string Name, Action<CaseWriter> Write, params uint[] Probes)
{
    /// <summary>
    /// Names of the machines that do not survive it: their program dies or hangs, and there would be no line. A row of docs/conformance.md
    /// says why.
    /// </summary>
    public IReadOnlyList<string> NotOn { get; init; } = [];
}
