namespace ReplayVmm.Benchmarks.Tests;

public sealed class ReportTests
{
    [Fact]
    public void The_median_is_the_middle_one_or_between_the_two_in_the_middle()
    {
        Median.Of([3, 1, 2]).ShouldBe(2);
        Median.Of([4, 1, 2, 3]).ShouldBe(2.5);
        Median.Of([]).ShouldBe(double.NaN);
    }

    [Fact]
    public void Ratios_are_taken_pair_by_pair()
    {
        // A machine that becomes ten times slower in the second round changes no ratio.
        Median.OfRatios([1.1, 11, 1.1], [1, 10, 1]).ShouldBe(1.1, 1e-9);
    }

    [Fact]
    public void Contenders_run_in_turn_forwards_and_backwards()
    {
        using var bench = new Bench(new BenchOptions { Program = "", Guests = "" }, TextWriter.Null);
        var order = new List<string>();
        Contender Named(string name, int rounds = int.MaxValue) => new(
            name,
            () =>
            {
                order.Add(name);
                return order.Count;
            },
            rounds);

        IReadOnlyDictionary<string, double[]> samples = SideBySide.Run(bench, "order", 3, Named("a"), Named("b"), Named("slow", 1));

        order.ShouldBe(["a", "b", "slow", "b", "a", "a", "b"]);
        samples["a"].ShouldBe([1, 5, 6]);
        samples["slow"].ShouldBe([3]);
    }

    [Fact]
    public void A_document_gets_new_tables_between_its_marks_and_keeps_the_rest()
    {
        var section = new Section("size");
        section.Table("what", "bytes").Add("a row", "12");
        section.Say($"In {1.5:0.0} words.");
        const string Before = "# Title\n<!-- eng/bench: size -->\nold\n<!-- end of size -->\nkept\n<!-- eng/bench: other -->\nalso kept\n<!-- end of other -->\n";

        string after = Markdown.Update(Before, [section, new Section("absent")]);

        after.ShouldBe(
            "# Title\n<!-- eng/bench: size -->\n\n| what | bytes |\n| --- | --- |\n| a row | 12 |\n\nIn 1.5 words.\n\n<!-- end of size -->\nkept\n"
            + "<!-- eng/bench: other -->\nalso kept\n<!-- end of other -->\n");
    }

    [Fact]
    public void The_documentation_has_marks_for_every_part()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ReplayVmm.sln")))
            folder = folder.Parent;
        string document = File.ReadAllText(Path.Combine(folder!.FullName, "docs", "performance.md"));
        foreach (string name in Part.All.Select(part => part.Name).Append(Markdown.GoalsName))
            Markdown.Replace(document, name, "something new").ShouldNotBe(document, name);
    }

    [Fact]
    public void Figures_have_three_digits()
    {
        Format.Seconds(12.345).ShouldBe("12.3 s");
        Format.Seconds(0.2).ShouldBe("200 ms");
        Format.Seconds(0.0000045).ShouldBe("4.50 µs");
        Format.Bytes(1_234_567).ShouldBe("1.23 MB");
        Format.Number(1234567).ShouldBe("1,234,567");
    }
}
