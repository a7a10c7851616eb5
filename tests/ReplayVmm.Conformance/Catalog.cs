namespace ReplayVmm.Conformance;

/// <summary>Every family of cases.</summary>
internal static class Catalog
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<Family> All { get; } =
    [
        BasicFamily.Make(32),
        BasicFamily.Make(64),
        LongSegments.Make(),
        LongFar.Make(),
        LongGates.Make(),
        LongReturns.Make(),
        SystemCalls.Make64(),
        SystemCalls.Make32(),
        ModelRegisters.Make(32),
        ModelRegisters.Make(64),
        DebugFamily.Make(32),
        DebugFamily.Make(64),
        SingleStep.Make(32),
        SingleStep.Make(64),
        Interrupts.Make(32),
        Interrupts.Make(64),
    ];
}
