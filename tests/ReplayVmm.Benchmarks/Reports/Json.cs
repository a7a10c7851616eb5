using System.Text.Json;

namespace ReplayVmm.Benchmarks;

/// <summary>Sections for programs.</summary>
internal static class Json
{
    /// <summary>Writes them as one document.</summary>
    public static void Write(Stream stream, IReadOnlyList<Section> sections)
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        foreach (Section section in sections)
        {
            writer.WriteStartObject(section.Name);
            foreach (Figure figure in section.Figures)
            {
                writer.WriteStartObject(figure.Name);
                writer.WriteString("unit"u8, figure.Unit);
                writer.WriteNumber("median"u8, Finite(Median.Of(figure.Samples)));
                writer.WriteStartArray("samples"u8);
                foreach (double sample in figure.Samples)
                    writer.WriteNumberValue(Finite(sample));
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteStartArray("goals"u8);
            foreach (Goal goal in section.Goals)
            {
                writer.WriteStartObject();
                writer.WriteString("what"u8, goal.What);
                writer.WriteString("asked"u8, goal.Asked);
                writer.WriteString("measured"u8, goal.Measured);
                writer.WriteBoolean("met"u8, goal.Met);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;
}
