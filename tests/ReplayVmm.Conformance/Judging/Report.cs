namespace ReplayVmm.Conformance;

/// <summary>Runs families everywhere and prints what came out.</summary>
/// <param name="output">The table, and lines that differ.</param>
/// <param name="progress">What is going on.</param>
/// <param name="verbose">All lines.</param>
/// <param name="golden">Our lines become the golden ones.</param>
internal sealed class Report(TextWriter output, TextWriter progress, bool verbose, bool golden)
{
    private readonly Disagreements known = Repository.Disagreements;
    private readonly ReplayVmmMachine ours = new();

    /// <summary>True where nothing differs but what is known.</summary>
    public bool Run(IReadOnlyList<Family> families)
    {
        IMachine[] all = [new QemuMachine(), new BochsMachine()];
        foreach (IMachine machine in all.Where(machine => machine.Missing is not null))
            progress.WriteLine($"{machine.Name} is not here: {machine.Missing}");
        IMachine[] others = [.. all.Where(machine => machine.Missing is null)];

        List<string> rows = [];
        int different = 0;
        foreach (Family family in families)
        {
            progress.WriteLine($"{family.Name}: {family.Cases.Count} cases");
            IReadOnlyDictionary<string, string> lines = FamilyRun.Run(family, ours);
            if (verbose)
                Print(family, ours, lines);
            List<string> cells = [family.Name, $"{family.Cases.Count}"];
            int before = different;
            foreach (IMachine machine in others)
            {
                IReadOnlyDictionary<string, string> answers = FamilyRun.Run(family, machine);
                if (verbose)
                    Print(family, machine, answers);
                int[] counts = Count(family, lines, machine, answers);
                different += counts[(int)Verdict.Different];
                cells.AddRange(counts.Select(count => $"{count}"));
            }
            if (golden && different > before)
                progress.WriteLine($"{family.Name}: its golden lines stay as they are until the differences are judged");
            else if (golden)
                File.WriteAllText(Repository.GoldenPath(family.Name), Golden.Write(lines));
            rows.Add($"| {string.Join(" | ", cells)} |");
        }
        output.WriteLine($"| family | cases |{string.Concat(others.Select(m => $" {m.Name}: same | not offered | known | different |"))}");
        output.WriteLine($"|---|---|{string.Concat(others.Select(_ => "---|---|---|---|"))}");
        rows.ForEach(output.WriteLine);
        return different == 0;
    }

    private int[] Count(
        Family family, IReadOnlyDictionary<string, string> lines, IMachine machine, IReadOnlyDictionary<string, string> answers)
    {
        int[] counts = new int[Enum.GetValues<Verdict>().Length];
        foreach ((string name, string line) in lines)
        {
            Verdict verdict = Comparison.Judge(family.Name, name, line, machine, answers[name], known);
            counts[(int)verdict]++;
            if (verdict == Verdict.Different)
                output.WriteLine($"{family.Name} / {name}\n    {ours.Name,-10} {line}\n    {machine.Name,-10} {answers[name]}");
        }
        return counts;
    }

    private void Print(Family family, IMachine machine, IReadOnlyDictionary<string, string> lines)
    {
        foreach ((string name, string line) in lines)
            output.WriteLine($"{family.Name} / {name} · {machine.Name} · {line}");
    }
}
