using System.Globalization;

namespace ReplayVmm.Cli;

/// <summary>Numbers as people write and read them.</summary>
internal static class Quantities
{
    private const ulong Kilo = 1024;

    /// <summary>Reads a size in bytes: <c>268435456</c>, <c>256M</c>, <c>1G</c>, <c>64KiB</c>; units are powers of 1,024.</summary>
    /// <exception cref="UsageException">It is not a size.</exception>
    public static ulong Size(string option, string text)
    {
        string digits = text.TrimEnd('i', 'B', 'b');
        ulong unit = digits.Length == 0 ? 0 : char.ToUpperInvariant(digits[^1]) switch
        {
            'K' => Kilo,
            'M' => Kilo * Kilo,
            'G' => Kilo * Kilo * Kilo,
            'T' => Kilo * Kilo * Kilo * Kilo,
            _ => 1,
        };
        if (unit > 1)
            digits = digits[..^1];
        if (!TryNumber(digits, out ulong number) || number > ulong.MaxValue / Math.Max(1, unit))
            throw new UsageException($"{option} {text}: not a size; write bytes or 64K, 256M, 1G");
        return number * unit;
    }

    /// <summary>Reads a number, decimal or <c>0x</c> hexadecimal; <c>_</c> and <c>,</c> may group digits.</summary>
    /// <exception cref="UsageException">It is not one.</exception>
    public static ulong Number(string option, string text) =>
        TryNumber(text, out ulong value) ? value : throw new UsageException($"{option} {text}: not a number; write 1000, 1_000 or 0x3e8");

    /// <summary>Reads a time in virtual nanoseconds: a number, or one with <c>ns</c>, <c>us</c>, <c>ms</c>, <c>s</c> or <c>min</c>.</summary>
    /// <exception cref="UsageException">It is not one.</exception>
    public static ulong Time(string option, string text)
    {
        (string Suffix, ulong Nanoseconds)[] units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000)];
        foreach ((string suffix, ulong nanoseconds) in units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryNumber(text[..^suffix.Length].TrimEnd(), out ulong amount)
                && amount <= ulong.MaxValue / nanoseconds)
            {
                return amount * nanoseconds;
            }
        }

        return TryNumber(text, out ulong value)
            ? value
            : throw new UsageException($"{option} {text}: not a time; write virtual nanoseconds, or 500ms, 10s, 2min");
    }

    /// <summary>Reads a number without complaint.</summary>
    public static bool TryNumber(string text, out ulong value)
    {
        string plain = text.Replace("_", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
        return plain.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(plain.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(plain, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>With groups: <c>1,902,114</c>.</summary>
    public static string Grouped(ulong value) => value.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>With groups: <c>1,902,114</c>.</summary>
    public static string Grouped(long value) => value.ToString("n0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in units of 1,024: <c>13.2 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    /// <summary>A count in units of 1,000: <c>5.7 G</c>.</summary>
    public static string Short(double value)
    {
        string[] units = ["", " k", " M", " G", " T"];
        int unit = 0;
        while (value >= 1000 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return unit == 0 ? value.ToString("0", CultureInfo.InvariantCulture) : value.ToString("0.0", CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>Virtual time for people: <c>5.688 s</c>.</summary>
    public static string Seconds(ulong nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:0.000} s");
}
