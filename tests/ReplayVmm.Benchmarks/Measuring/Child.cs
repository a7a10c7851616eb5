using System.Diagnostics;
using System.Text;

namespace ReplayVmm.Benchmarks;

/// <summary>A program in a process of its own, timed from its start to its end.</summary>
internal static class Child
{
    /// <summary>How it went.</summary>
    /// <param name="Code">Its exit code.</param>
    /// <param name="Seconds">Wall time of the whole process.</param>
    /// <param name="Output">Standard output.</param>
    /// <param name="Error">Standard error.</param>
    public sealed record Result(int Code, double Seconds, string Output, string Error)
    {
        /// <summary>This, where the code is one of <paramref name="codes"/>.</summary>
        /// <exception cref="BenchException">It is another.</exception>
        public Result Must(string what, params int[] codes) => codes.Contains(Code)
            ? this
            : throw new BenchException($"{what} ended with {Code}: {(Error + Output).Trim()}");
    }

    /// <summary>Runs it to its end, or for <paramref name="patience"/> seconds at most.</summary>
    /// <exception cref="BenchException">It does not end in time, or cannot be run.</exception>
    public static Result Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null, int patience = 300)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        foreach ((string name, string value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new BenchException($"{program} cannot be run");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(patience)))
        {
            process.Kill(entireProcessTree: true);
            throw new BenchException($"{program} did not end in {patience} s");
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new Result(process.ExitCode, seconds, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Where <paramref name="program"/> is on the search path; null where it is not.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Concat(["/usr/bin", "/usr/local/bin"])
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
