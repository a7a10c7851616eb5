using System.Globalization;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>What <c>eng/soak</c> makes larger.</summary>
internal static class Knobs
{
    /// <summary>A count from the environment.</summary>
    public static int Count(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
