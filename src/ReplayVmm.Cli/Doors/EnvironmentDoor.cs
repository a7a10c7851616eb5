namespace ReplayVmm.Cli;

/// <summary>The door to the process's environment.</summary>
internal static class EnvironmentDoor
{
    /// <summary>Version of the .NET runtime that runs us.</summary>
    public static string RuntimeVersion => Environment.Version.ToString();

    /// <summary>A variable; null where it is not set or empty.</summary>
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
