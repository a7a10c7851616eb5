using System.Text.RegularExpressions;

namespace ReplayVmm.Architecture.Tests;

/// <summary>One source of non-determinism: what it looks like in code, and the only files that may open it.</summary>
/// <param name="Source">What the source is.</param>
/// <param name="Pattern">How code reaches it.</param>
/// <param name="Files">The doors, as paths from the root; a path that ends in a slash is a folder.</param>
internal sealed record Door(string Source, Regex Pattern, string[] Files);

/// <summary>The table of doors. A new way to the outside gets a row here, or it does not get in.</summary>
internal static class Doors
{
    public static readonly Door[] All =
    [
        new("wall clock", Pattern(@"\bDateTime(Offset)?\s*\.\s*(Utc)?(Now|Today)\b|\bTimeProvider\s*\.\s*System\b|\bGetUtcNow\b|\bGetLocalNow\b"),
            ["src/ReplayVmm.Store/WallClock.cs", "src/ReplayVmm.Cli/Doors/ClockDoor.cs", "src/ReplayVmm.Cli/Recording/GuestOptions.cs"]),
        new("elapsed time", Pattern(@"\bStopwatch\b|\bTickCount(64)?\b|\bGetTimestamp\b|\bGetElapsedTime\b"),
            ["src/ReplayVmm.Cli/Output/ProgressReport.cs", "src/ReplayVmm.Replay/Live/LiveInputSource.cs", "src/ReplayVmm.Replay/Recording/Recorder.cs",
                "src/ReplayVmm.Replay/Recording/RowCommitter.cs",
                "tests/ReplayVmm.Fuzz.Tests/Frame/FuzzDoor.cs"]),
        new("sleep and timers", Pattern(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\b|\bPeriodicTimer\b|\bnew\s+Timer\b|\bSpinWait\b"),
            ["src/ReplayVmm.Store/Server/Deadline.cs", "src/ReplayVmm.Cli/Doors/ClockDoor.cs"]),
        new("randomness", Pattern(@"\bnew\s+Random\b|\bRandom\s*\.|\bRandomNumberGenerator\b|\bGuid\s*\.\s*(NewGuid|CreateVersion7)\b"),
            ["src/ReplayVmm.Cli/Doors/EntropyDoor.cs", "src/ReplayVmm.Cli/Doors/IdentityDoor.cs"]),
        new("the environment", Pattern(@"\bEnvironment\s*\.\s*(?!NewLine\b|FailFast\b|Exit\b|ExitCode\b)\w+"),
            ["src/ReplayVmm.Store/Server/HostEnvironment.cs", "src/ReplayVmm.Cli/Doors/EnvironmentDoor.cs", "tests/ReplayVmm.Fuzz.Tests/Frame/FuzzDoor.cs"]),
        new("hash order", Pattern(@"\bHashCode\b|\bRuntimeHelpers\s*\.\s*GetHashCode\b"), []),
        new("host floating point", Pattern(@"\bMathF?\s*\.\s*(Sin|Cos|Tan|Exp|Log|Pow|Sqrt|Atan|Cbrt)\w*\b"), []),
    ];

    private static Regex Pattern(string text) => new(text, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
}
