namespace ReplayVmm.Conformance;

/// <summary>Cases that share an image.</summary>
/// <param name="Name">Lower case, with hyphens.</param>
/// <param name="Mode">32: protected mode without paging; 64: 64-bit mode, the first GiB mapped one to one.</param>
/// <param name="Cases">In the order in which they run.</param>
internal sealed record Family(string Name, int Mode, IReadOnlyList<Case> Cases);
