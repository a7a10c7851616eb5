using Xunit.Runner.InProc.SystemConsole;

namespace ReplayVmm.Store.Tests;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["--recorder", var url, var name])
            return ChildRecorder.Run(url, name);
        if (args is ["--measure", ..])
            return Measurement.Run(args[1..]);
        return await ConsoleRunner.Run(args);
    }
}
