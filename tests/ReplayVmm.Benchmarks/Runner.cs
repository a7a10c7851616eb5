namespace ReplayVmm.Benchmarks;

/// <summary>Runs parts and prints what they found.</summary>
internal static class Runner
{
    /// <summary>Runs them. A part that cannot run is named and does not keep the others from running.</summary>
    /// <returns>0, or 1 where a part could not run.</returns>
    public static int Run(BenchOptions options, bool json, string? update, TextWriter output, TextWriter progress)
    {
        using var bench = new Bench(options, progress);
        var sections = new List<Section>();
        int code = 0;
        foreach (Part part in Part.All.Where(part => options.Parts.Count == 0 || options.Parts.Contains(part.Name)))
        {
            var section = new Section(part.Name);
            bench.Begin(part.Name);
            try
            {
                part.Run(bench, section);
                sections.Add(section);
            }
#pragma warning disable CA1031 // Fourteen minutes of figures are not thrown away for one part's trouble.
            catch (Exception e)
#pragma warning restore CA1031
            {
                bench.Progress(e is BenchException ? $"FAILED: {e.Message}" : $"FAILED: {e}");
                code = 1;
            }
        }

        Print(sections, options, json, update, output);
        return code;
    }

    private static void Print(List<Section> sections, BenchOptions options, bool json, string? update, TextWriter output)
    {
        bool whole = sections.Count == Part.All.Count;
        if (update is not null)
        {
            string document = Markdown.Update(File.ReadAllText(update), sections);
            File.WriteAllText(update, whole ? Markdown.Replace(document, Markdown.GoalsName, Markdown.Goals(sections)) : document);
        }

        if (json)
        {
            using var stream = new MemoryStream();
            Json.Write(stream, sections);
            output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
            return;
        }

        output.WriteLine("## Goals\n");
        output.WriteLine(Markdown.Goals(sections));
        foreach (Section section in sections)
        {
            output.WriteLine($"## {Part.All.First(part => part.Name == section.Name).Title}\n");
            output.WriteLine(Markdown.Body(section));
        }

        if (options.Smoke)
            output.WriteLine("Smoke test: these figures mean nothing.");
    }
}
