using System.Diagnostics;
using System.Text;

namespace ReplayVmm.Conformance;

/// <summary>Runs another machine's program to its end, or ends it.</summary>
internal static class ForeignProcess
{
    /// <summary>The path of <paramref name="program"/>, or null where it is not installed.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Runs it with nothing to read.</summary>
    /// <returns>What it wrote to standard output and error; whether it ended by itself.</returns>
    public static (string Output, string Error, bool Ended) Run(string program, TimeSpan patience, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.Latin1,
            },
        };
        process.Start();
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(patience);
        if (!ended)
            process.Kill(entireProcessTree: true);
        Task.WaitAll(output, error);
        return (output.Result, error.Result, ended);
    }
}
