using Xunit.Runner.InProc.SystemConsole;

namespace ReplayVmm.EndToEnd.Tests;

internal static class Program
{
    private static async Task<int> Main(string[] args) =>
        args is ["--record-golden", var folder] ? GoldenRecordings.Make(folder) : await ConsoleRunner.Run(args);
}
