namespace ReplayVmm.Events;

/// <summary>
/// One column of a segment: the values of one operand over the events of one kind. Four forms, and the writer takes the shortest:
/// an integer (every value is that), <c>[1, values]</c>, <c>[2, signed differences from the value before, modulo 2^64]</c> where
/// the one before the first is 0, or <c>[3, distinct values, an index into them for each value]</c>.
/// </summary>
internal sealed class ColumnCodec
{
    private const int Values = 1;
    private const int Differences = 2;
    private const int Dictionary = 3;

    /// <summary>Indices into a dictionary take one byte each.</summary>
    private const int MaxDistinct = 128;
    private const int Slots = 512;

    private readonly ulong[] distinct = new ulong[MaxDistinct];
    private readonly byte[] indices = new byte[SegmentLimits.MaxEvents];
    private readonly short[] slots = new short[Slots];

    /// <summary>Writes <paramref name="values"/>, of which there is at least one.</summary>
    public void Write(ref MessagePackWriter writer, ReadOnlySpan<ulong> values)
    {
        ulong previous = 0;
        ulong different = 0;
        int plain = 0;
        int delta = 0;
        foreach (ulong value in values)
        {
            different |= value ^ values[0];
            plain += MessagePackWriter.SizeOf(value);
            delta += MessagePackWriter.SizeOf((long)(value - previous));
            previous = value;
        }

        if (different == 0)
        {
            writer.UInt(values[0]);
            return;
        }

        int best = Math.Min(plain, delta);
        if (best > 2 * values.Length && TryBuildDictionary(values, best - values.Length, out int count))
            WriteDictionary(ref writer, values.Length, count);
        else if (plain <= delta)
            WriteValues(ref writer, values);
        else
            WriteDifferences(ref writer, values);
    }

    /// <summary>Reads a column into all of <paramref name="values"/>.</summary>
    public void Read(ref MessagePackReader reader, Span<ulong> values)
    {
        if (reader.NextIsInteger)
        {
            values.Fill(reader.UInt());
            return;
        }

        int parts = reader.Array("a column");
        ulong form = parts is 2 or 3 ? reader.UInt() : 0;
        switch (form, parts)
        {
            case (Values, 2):
                reader.Array(values.Length, "a column of values");
                for (int i = 0; i < values.Length; i++)
                    values[i] = reader.UInt();
                break;
            case (Differences, 2):
                reader.Array(values.Length, "a column of differences");
                ulong value = 0;
                for (int i = 0; i < values.Length; i++)
                    values[i] = value += (ulong)reader.Int();
                break;
            case (Dictionary, 3):
                ReadDictionary(ref reader, values);
                break;
            default:
                reader.Fail($"a column of form {form} with {parts} parts is not known");
                break;
        }
    }

    private static void WriteValues(ref MessagePackWriter writer, ReadOnlySpan<ulong> values)
    {
        writer.Array(2);
        writer.UInt(Values);
        writer.Array(values.Length);
        foreach (ulong value in values)
            writer.UInt(value);
    }

    private static void WriteDifferences(ref MessagePackWriter writer, ReadOnlySpan<ulong> values)
    {
        writer.Array(2);
        writer.UInt(Differences);
        writer.Array(values.Length);
        ulong previous = 0;
        foreach (ulong value in values)
        {
            writer.Int((long)(value - previous));
            previous = value;
        }
    }

    private void WriteDictionary(ref MessagePackWriter writer, int length, int count)
    {
        writer.Array(3);
        writer.UInt(Dictionary);
        writer.Array(count);
        foreach (ulong value in distinct.AsSpan(0, count))
            writer.UInt(value);
        writer.Array(length);
        writer.Raw(indices.AsSpan(0, length));
    }

    private void ReadDictionary(ref MessagePackReader reader, Span<ulong> values)
    {
        int count = reader.Array("a dictionary");
        if (count is 0 or > MaxDistinct)
            reader.Fail($"a dictionary has {count} values, 1 to {MaxDistinct} can be");
        for (int i = 0; i < count; i++)
            distinct[i] = reader.UInt();
        reader.Array(values.Length, "a column of indices");
        for (int i = 0; i < values.Length; i++)
            values[i] = distinct[(int)reader.UInt((ulong)count - 1, "an index")];
    }

    /// <summary>
    /// Numbers the distinct values in order of appearance; false where they would take more than <paramref name="room"/> bytes.
    /// </summary>
    private bool TryBuildDictionary(ReadOnlySpan<ulong> values, int room, out int count)
    {
        count = 0;
        slots.AsSpan().Fill(-1);
        for (int i = 0; i < values.Length; i++)
        {
            ulong value = values[i];
            int slot = (int)((value * 0x9E3779B97F4A7C15) >> 55);
            while (slots[slot] >= 0 && distinct[slots[slot]] != value)
                slot = (slot + 1) % Slots;
            if (slots[slot] < 0)
            {
                room -= MessagePackWriter.SizeOf(value);
                if (count == MaxDistinct || room < 0)
                    return false;
                distinct[count] = value;
                slots[slot] = (short)count++;
            }

            indices[i] = (byte)slots[slot];
        }

        return true;
    }
}
