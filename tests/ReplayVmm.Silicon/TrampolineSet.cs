namespace ReplayVmm.Silicon;

/// <summary>Addresses of generated code.</summary>
/// <param name="EnterPlain">The way into 64-bit mode.</param>
/// <param name="EnterSegments">The way into 64-bit mode with segment registers.</param>
/// <param name="EnterNarrow">The way into the other modes.</param>
/// <param name="ExitPlain">The way back without segment registers.</param>
/// <param name="ExitSegments">The way back with them.</param>
internal readonly record struct TrampolineSet(ulong EnterPlain, ulong EnterSegments, ulong EnterNarrow, ulong ExitPlain, ulong ExitSegments);
