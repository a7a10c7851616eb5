using System.CommandLine;
using ReplayVmm.Benchmarks;

var parts = new Argument<string[]>("part") { Description = "Parts to run; all where none is named", Arity = ArgumentArity.ZeroOrMore };
parts.AcceptOnlyFromAmong([.. Part.All.Select(part => part.Name)]);
var json = new Option<bool>("--json") { Description = "Every sample as JSON instead of tables" };
var update = new Option<string?>("--update") { Description = "Put the tables into this document, between the marks of each part", HelpName = "FILE" };
var rounds = new Option<int>("--rounds") { Description = "Rounds of what takes seconds", HelpName = "N", DefaultValueFactory = _ => 5 };
var smoke = new Option<bool>("--smoke") { Description = "Each part once with next to nothing to do" };
var program = new Option<string?>("--program") { Description = "The program to measure: replayvmm.dll", HelpName = "FILE" };
var launcher = new Option<string?>("--launcher") { Description = "Its launcher", HelpName = "FILE" };
var guests = new Option<string>("--guests") { Description = "Where the guests are", HelpName = "FOLDER", DefaultValueFactory = _ => "artifacts/guests" };
string table = string.Join("\n", Part.All.Select(part => $"  {part.Name,-12} {part.Title}"));
var root = new RootCommand($"Measures ReplayVmm side by side with its like; tables in Markdown on standard output.\n\n{table}")
{
    parts, json, update, rounds, smoke, program, launcher, guests,
};
root.SetAction(parsed => Runner.Run(
    new BenchOptions
    {
        Parts = parsed.GetValue(parts) ?? [],
        Smoke = parsed.GetValue(smoke),
        Rounds = Math.Max(1, parsed.GetValue(rounds)),
        Program = parsed.GetValue(program) ?? Path.Combine(AppContext.BaseDirectory, "replayvmm.dll"),
        Launcher = parsed.GetValue(launcher),
        Guests = parsed.GetRequiredValue(guests),
    },
    parsed.GetValue(json), parsed.GetValue(update), Console.Out, Console.Error));
return root.Parse(args).Invoke();
