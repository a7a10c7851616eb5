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
        .. PagingForm.Every.Select(PageRightsFamily.Make),
        PageAccessedFamily.Make(32),
        PageAccessedFamily.Make(64),
        PageReservedFamily.Make(32),
        PageReservedFamily.Make(64),
        PageFaultFamily.Make(32),
        PageFaultFamily.Make(64),
        DoubleFaultFamily.Make(32),
        DoubleFaultFamily.Make(64),
        TripleFaultFamily.Make(32),
        TripleFaultFamily.Make(64),
        SelfModifyingFamily.Make(32),
        SelfModifyingFamily.Make(64),
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
        Privileges.Make(32),
        Privileges.Make(64),
    ];
}
