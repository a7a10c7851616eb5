namespace ReplayVmm.Cli;

/// <summary>The door to the wall clock.</summary>
internal static class ClockDoor
{
    /// <summary>The host's clock.</summary>
    public static TimeProvider System => TimeProvider.System;

    /// <summary>Waits.</summary>
    public static void Sleep(TimeSpan time) => Thread.Sleep(time);
}
