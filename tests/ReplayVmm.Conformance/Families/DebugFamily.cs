namespace ReplayVmm.Conformance;

/// <summary>Breakpoints (SDM volume 3, 18.2 and 18.3.1).</summary>
internal static class DebugFamily
{
    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new(
        $"breakpoints-{mode}",
        mode,
        [
            .. ExecutionBreakpoints.Make(), .. DataBreakpoints.Make(), .. PortBreakpoints.Make(), .. DebugRegisterMoves.Make(mode),
            .. BreakpointPriorities.Make(),
        ]);
}
