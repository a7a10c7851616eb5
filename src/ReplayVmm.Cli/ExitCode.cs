namespace ReplayVmm.Cli;

/// <summary>What the program's exit says.</summary>
internal static class ExitCode
{
    /// <summary>Done, and identical where something was compared.</summary>
    public const int Done = 0;
    /// <summary>A divergence, a condition that was not met, or a log that does not verify.</summary>
    public const int Different = 1;
    /// <summary>Bad usage or a bad input file.</summary>
    public const int BadUsage = 2;
    /// <summary>The environment lacks something.</summary>
    public const int Lacking = 3;
    /// <summary>Our bug.</summary>
    public const int Bug = 70;
    /// <summary>What <c>git bisect run</c> takes as "skip this commit".</summary>
    public const int BisectSkip = 125;
}
