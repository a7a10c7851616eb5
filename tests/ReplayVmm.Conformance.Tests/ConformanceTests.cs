using System.Collections.Concurrent;

namespace ReplayVmm.Conformance.Tests;

/// <summary>Privileged behaviour, judged by golden lines everywhere, and by QEMU and Bochs where they are installed.</summary>
public sealed class ConformanceTests
{
    private static readonly ConcurrentDictionary<string, Lazy<IReadOnlyDictionary<string, string>>> Ours = new(StringComparer.Ordinal);

    public static TheoryData<string> Families => [.. Catalog.All.Select(family => family.Name)];

    [Theory]
    [MemberData(nameof(Families))]
    public void Our_processor_answers_every_case_as_it_should(string name)
    {
        IReadOnlyDictionary<string, string> golden = Golden.Read(File.ReadAllText(Repository.GoldenPath(name)));
        IReadOnlyDictionary<string, string> lines = Answers(Find(name));
        lines.Keys.ShouldBe(golden.Keys);
        lines.Where(pair => golden[pair.Key] != pair.Value).Select(pair => $"{pair.Key}: {pair.Value}, not {golden[pair.Key]}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void QEMU_agrees_or_docs_conformance_says_who_is_right(string name) => Judge(Find(name), new QemuMachine());

    [Theory]
    [MemberData(nameof(Families))]
    public void Bochs_agrees_or_docs_conformance_says_who_is_right(string name) => Judge(Find(name), new BochsMachine());

    [Fact]
    public void Every_row_of_docs_conformance_is_about_a_case_and_a_machine_that_exist()
    {
        foreach (Disagreements.Row row in Repository.Disagreements.Rows)
        {
            Catalog.All.ShouldContain(f => f.Cases.Any(one => row.Matches(f.Name, one.Name)), $"{row.Family} / {row.Case}");
            row.Machine.ShouldBeOneOf("QEMU", "Bochs");
        }
    }

    [Fact]
    public void Names_are_unique_and_fit_on_a_line()
    {
        Catalog.All.Select(family => family.Name).ShouldBeUnique();
        foreach (Family family in Catalog.All)
        {
            family.Cases.Select(one => one.Name).ShouldBeUnique();
            family.Cases.ShouldAllBe(one => Fits(one.Name));
        }
    }

    [Fact]
    public void A_line_that_differs_is_noticed()
    {
        var known = new Disagreements("| f / known* | QEMU | x | y |");
        IMachine qemu = new QemuMachine(), bochs = new BochsMachine();
        Comparison.Judge("f", "c", "v0 f+0,8,10002", qemu, "v0 f+0,8,2", known).ShouldBe(Verdict.Same);
        Comparison.Judge("f", "c", "v0 f+0,8,10002", bochs, "v0 f+0,8,2", known).ShouldBe(Verdict.Different);
        Comparison.Judge("f", "c", "v0 f+0,8,10002", qemu, "v0 f+0,8,3", known).ShouldBe(Verdict.Different);
        Comparison.Judge("f", "c", "vd f0,+1,8,2", qemu, "vd f8,+1,8,2", known).ShouldBe(Verdict.Different);
        Comparison.Judge("f", "known so", "vd f0,+1,8,2", qemu, "hung", known).ShouldBe(Verdict.Known);
        Comparison.Judge("f", "known so", "vd f0,+1,8,2", bochs, "hung", known).ShouldBe(Verdict.Different);
        Comparison.Judge("f", "c", "v40 f+1,8,2 a=1", qemu, "v40 f+2,8,2 a=ab5e47", known).ShouldBe(Verdict.Absent);
    }

    [Fact]
    public void A_case_that_a_machine_does_not_survive_is_left_out_there_and_needs_a_row()
    {
        foreach ((Family family, Case one) in Catalog.All.SelectMany(family => family.Cases.Select(one => (family, one))))
        {
            one.NotOn.ShouldBeSubsetOf(["QEMU", "Bochs"]);
            one.NotOn.ShouldAllBe(machine => Repository.Disagreements.Has(family.Name, one.Name, machine));
        }

        var deadly = new Case("deadly", c => c.Done()) { NotOn = ["QEMU"] };
        var qemu = new Answering("QEMU");
        IReadOnlyDictionary<string, string> lines = FamilyRun.Run(new Family("f", 32, [deadly, new Case("c", c => c.Done())]), qemu);
        lines.ShouldBe(new Dictionary<string, string> { ["deadly"] = FamilyRun.LeftOut, ["c"] = "v40" }, ignoreOrder: true);
        Comparison.Judge("f", "deadly", "v40", qemu, lines["deadly"], new Disagreements("")).ShouldBe(Verdict.Different);
        var known = new Disagreements("| f / deadly | QEMU | x | y |");
        Comparison.Judge("f", "deadly", "v40", qemu, lines["deadly"], known).ShouldBe(Verdict.Known);
    }

    private static void Judge(Family family, IMachine machine)
    {
        Assert.SkipWhen(machine.Missing is not null, $"{machine.Name} is not here: {machine.Missing}");
        Disagreements known = Repository.Disagreements;
        IReadOnlyDictionary<string, string> ours = Answers(family), theirs = FamilyRun.Run(family, machine);
        ours.Where(pair => Comparison.Judge(family.Name, pair.Key, pair.Value, machine, theirs[pair.Key], known) == Verdict.Different)
            .Select(pair => $"{pair.Key}: ours {pair.Value}, theirs {theirs[pair.Key]}").ShouldBeEmpty();
    }

    private static bool Fits(string name) => name.Length is > 0 and <= 120 && name.All(c => c is >= ' ' and <= '~' and not '|');

    private static Family Find(string name) => Catalog.All.Single(family => family.Name == name);

    private static IReadOnlyDictionary<string, string> Answers(Family family) =>
        Ours.GetOrAdd(family.Name, _ => new(() => FamilyRun.Run(family, new ReplayVmmMachine()))).Value;

    /// <summary>Answers the case c, and only that.</summary>
    private sealed class Answering(string name) : IMachine
    {
        public string Name => name;

        public string? Missing => null;

        public Outcome Run(byte[] disk) => new(new Dictionary<string, string>(StringComparer.Ordinal) { ["c"] = "v40" }, Ending.Finished);
    }
}
