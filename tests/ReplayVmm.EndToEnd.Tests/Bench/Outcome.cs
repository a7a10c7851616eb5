using System.Text;
using System.Text.Json;

namespace ReplayVmm.EndToEnd.Tests;

/// <summary>What a run of the program gave.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Bytes">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Outcome(int Code, byte[] Bytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(Bytes);

    /// <summary>Standard output as one JSON document.</summary>
    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    /// <summary>Standard output as a JSON document a line.</summary>
    public JsonElement[] JsonLines =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The one line on standard error, without the program's name.</summary>
    public string Complaint
    {
        get
        {
            const string Name = "replayvmm: ";
            string line = Error.TrimEnd('\n');
            line.ShouldNotContain("\n");
            line.ShouldStartWith(Name);
            Bytes.ShouldBeEmpty();
            return line[Name.Length..];
        }
    }

    /// <summary>The outcome, whose exit code must be 0.</summary>
    public Outcome Good() => With(0);

    /// <summary>The outcome, whose exit code must be <paramref name="code"/>.</summary>
    public Outcome With(int code)
    {
        Code.ShouldBe(code, Error + Output);
        return this;
    }
}
