namespace ReplayVmm.Conformance;

/// <summary>Every family of cases.</summary>
internal static class Catalog
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<Family> All { get; } =
    [
        BasicFamily.Make(32),
        BasicFamily.Make(64),
        SegmentLoadFamily.Make(),
        SegmentLimitFamily.Make(),
        StackLimitFamily.Make(),
        SelectorQueryFamily.Make(),
        TableRegisterFamily.Make(),
        FarTransferFamily.Make(),
        CallGateFamily.Make(),
        InterruptGateFamily.Make(),
        InterruptReturnFamily.Make(),
        TaskSwitchFamily.Make(),
        Virtual8086Family.Make(),
        PortPermissionFamily.Make(),
    ];
}
