namespace ReplayVmm.Conformance;

/// <summary>Control registers, and who may run what with which encoding (SDM volume 2; volume 3, 2.5, 5.9 and 6.9).</summary>
internal static class Privileges
{
    /// <summary>In both modes.</summary>
    public static Family Make(int mode) => new(
        $"privileges-{mode}",
        mode,
        [
            .. PrivilegedInstructions.Make(), .. Encodings.Make(mode), .. CoprocessorSwitches.Make(),
            .. ControlRegisterValues.Make(mode),
        ]);
}
