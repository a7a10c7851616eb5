namespace ReplayVmm.Benchmarks;

/// <summary>A table as it is printed; the first column is text, the others are figures.</summary>
internal sealed record Table(params string[] Columns)
{
    /// <summary>The rows.</summary>
    public List<string[]> Rows { get; } = [];

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != Columns.Length)
            throw new ArgumentException($"{cells.Length} cells for {Columns.Length} columns", nameof(cells));
        Rows.Add(cells);
    }
}
