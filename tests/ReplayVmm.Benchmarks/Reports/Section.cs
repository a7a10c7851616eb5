namespace ReplayVmm.Benchmarks;

/// <summary>What one part measured: text and tables in the order in which they are printed, goals, and every number.</summary>
internal sealed class Section(string name)
{
    private readonly List<object> blocks = [];

    /// <summary>The part's name.</summary>
    public string Name => name;

    /// <summary>Paragraphs (<see cref="string"/>) and tables (<see cref="Table"/>).</summary>
    public IReadOnlyList<object> Blocks => blocks;

    /// <summary>What it says about promises.</summary>
    public List<Goal> Goals { get; } = [];

    /// <summary>Every number.</summary>
    public List<Figure> Figures { get; } = [];

    /// <summary>Adds a paragraph.</summary>
    public void Say(FormattableString text) => blocks.Add(FormattableString.Invariant(text));

    /// <summary>Adds a table.</summary>
    public Table Table(params string[] columns)
    {
        var table = new Table(columns);
        blocks.Add(table);
        return table;
    }

    /// <summary>Keeps samples, and gives their median.</summary>
    public double Keep(string what, string unit, params double[] samples)
    {
        Figures.Add(new Figure(what, unit, samples));
        return Median.Of(samples);
    }

    /// <summary>Adds a promise.</summary>
    public void Promise(string what, FormattableString asked, FormattableString measured, bool met) =>
        Goals.Add(new Goal(what, FormattableString.Invariant(asked), FormattableString.Invariant(measured), met));
}
