using System.Globalization;

namespace ReplayVmm.Processor.Tests.Float;

/// <summary>
/// The transcendental functions against values to 1,000 bits by mpmath (<c>x87-transcendentals.py</c>): arguments next to multiples of pi, up to 2^63, next to 1, tiny and
/// huge. The manual asks for one unit of the last place; these are right to the last bit in all four ways of rounding.
/// </summary>
public sealed class TranscendentalTests
{
    private const ushort Masked = 0x33F;

    [Theory]
    [InlineData("sin")]
    [InlineData("cos")]
    [InlineData("tan")]
    [InlineData("atan")]
    [InlineData("log")]
    [InlineData("log1")]
    [InlineData("exp")]
    public void Every_function_is_the_true_value_rounded_once(string function)
    {
        string[][] rows = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Float", "x87-transcendentals.txt")).Select(l => l.Split(' ')).Where(f => f[0] == function)];
        rows.Length.ShouldBeGreaterThan(100);
        List<string> wrong = [];
        foreach (string[] row in rows)
        {
            for (int rounding = 0; rounding < 4; rounding++)
            {
                var x = new FloatContext((ushort)(Masked | (rounding << 10)));
                Float80 result = Evaluate(ref x, function, Number(row[1]), Number(row[2]));
                bool isUp = result.Absolute != Number(row[6]).Absolute;
                if (result != Number(row[3 + rounding]) || (x.Exceptions & FloatContext.Precision) == 0 || x.RoundedUp != isUp)
                    wrong.Add($"{string.Join(' ', row[..3])} rounding {rounding}: {row[3 + rounding]}, here {result.SignExponent:x4}:{result.Significand:x16}");
            }
        }
        string.Join('\n', wrong.Take(20)).ShouldBe("");
    }

    [Theory]
    [InlineData("sin", "0001:8000000000000000", "0000:7fffffffffffffff")]
    [InlineData("sin", "3f00:8000000000000000", "3eff:ffffffffffffffff")]
    [InlineData("atan", "3f00:8000000000000000", "3eff:ffffffffffffffff")]
    [InlineData("cos", "0001:8000000000000000", "3ffe:ffffffffffffffff")]
    [InlineData("tan", "3f00:8000000000000000", "3f00:8000000000000000")]
    public void A_tiny_argument_is_on_the_right_side_of_its_function(string function, string argument, string towardZero)
    {
        const int TowardZero = 3 << 10;
        var x = new FloatContext(Masked | TowardZero);
        bool isAngle = function == "atan";
        Float80 one = Number("3fff:8000000000000000");
        Evaluate(ref x, function, isAngle ? Number(argument) : default, isAngle ? one : Number(argument)).ShouldBe(Number(towardZero));
        (x.Exceptions & FloatContext.Precision).ShouldBe(FloatContext.Precision);
    }

    [Fact]
    public void The_logarithm_of_a_power_of_two_is_exact()
    {
        var x = new FloatContext(Masked);
        FloatFunctions.Logarithm(ref x, FloatConversions.FromInteger(3), Number("4009:8000000000000000")).ShouldBe(FloatConversions.FromInteger(30));
        x.Exceptions.ShouldBe(0);
    }

    private static Float80 Evaluate(ref FloatContext x, string function, Float80 y, Float80 a) => function switch
    {
        "sin" => FloatFunctions.Sine(ref x, a),
        "cos" => FloatFunctions.Cosine(ref x, a),
        "tan" => FloatFunctions.Tangent(ref x, a).Tangent,
        "atan" => FloatFunctions.Arctangent(ref x, y, a),
        "log" => FloatFunctions.Logarithm(ref x, y, a),
        "log1" => FloatFunctions.LogarithmOfOnePlus(ref x, y, a),
        _ => FloatFunctions.PowerLessOne(ref x, a),
    };

    private static Float80 Number(string text) => new(
        ushort.Parse(text[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(text[5..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
