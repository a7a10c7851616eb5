namespace ReplayVmm.Conformance;

/// <summary>Runs a family on a machine, case after case, whatever the cases do to it.</summary>
internal static class FamilyRun
{
    /// <summary>The line of a case that is left out, by <see cref="Case.NotOn"/>; a row of docs/conformance.md must know of it.</summary>
    public const string LeftOut = "left out: the machine does not survive it";

    /// <summary>The line of each case, in the family's order but for those that were left out, which come first.</summary>
    /// <exception cref="InvalidOperationException">The machine itself failed.</exception>
    public static IReadOnlyDictionary<string, string> Run(Family family, IMachine machine)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        ILookup<bool, Case> parts = family.Cases.ToLookup(one => one.NotOn.Contains(machine.Name));
        foreach (Case one in parts[true])
            lines.Add(one.Name, LeftOut);
        IReadOnlyList<Case> rest = [.. parts[false]];
        while (rest.Count > 0)
        {
            Outcome outcome = machine.Run(GuestImage.Build(family with { Cases = rest }));
            int answered = rest.TakeWhile(one => outcome.Lines.ContainsKey(one.Name)).Count();
            foreach (Case one in rest.Take(answered))
                lines.Add(one.Name, outcome.Lines[one.Name]);
            if (answered < rest.Count)
            {
                // This case ended the machine; those behind it get another.
                lines.Add(rest[answered].Name, outcome.Ending switch
                {
                    Ending.Reset => "reset",
                    Ending.Hung => "hung",
                    _ => throw new InvalidOperationException(
                        $"{machine.Name} failed in {family.Name}, case '{rest[answered].Name}': {LastOf(outcome.Note)}"),
                });
                answered++;
            }
            rest = [.. rest.Skip(answered)];
        }
        return lines;
    }

    private static string LastOf(string note) => note.Length <= 500 ? note : note[^500..];
}
