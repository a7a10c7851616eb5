namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>RCPPS and RSQRTPS: the bound that the manual gives, and the values that it names (SDM volume 2).</summary>
public sealed class ApproximationTests
{
    private const double Bound = 1.5 / 4096;
    private const uint Step = 1021;

    [Fact]
    public void The_error_is_within_the_bound_of_the_manual_for_every_exponent()
    {
        double worst = 0, worstRoot = 0;
        for (uint bits = 0x0080_0000; bits < 0x7E80_0000; bits += Step)
        {
            double a = BitConverter.UInt32BitsToSingle(bits);
            double reciprocal = BitConverter.UInt32BitsToSingle(Approximations.Reciprocal(bits)), root = BitConverter.UInt32BitsToSingle(Approximations.ReciprocalRoot(bits));
            worst = Math.Max(worst, Math.Abs((reciprocal * a) - 1));
            // Half of the relative error of the square.
            worstRoot = Math.Max(worstRoot, Math.Abs((root * root * a) - 1) / 2);
        }
        worst.ShouldBeInRange(1e-6, Bound);
        worstRoot.ShouldBeInRange(1e-6, Bound);
    }

    [Theory]
    [InlineData(0x0000_0000u, 0x7F80_0000u, 0x7F80_0000u)]
    [InlineData(0x8000_0000u, 0xFF80_0000u, 0xFF80_0000u)]
    [InlineData(0x0000_0001u, 0x7F80_0000u, 0x7F80_0000u)]
    [InlineData(0x807F_FFFFu, 0xFF80_0000u, 0xFF80_0000u)]
    [InlineData(0x7F80_0000u, 0x0000_0000u, 0x0000_0000u)]
    [InlineData(0xFF80_0000u, 0x8000_0000u, 0xFFC0_0000u)]
    [InlineData(0x7F80_0001u, 0x7FC0_0001u, 0x7FC0_0001u)]
    [InlineData(0xFFC1_2345u, 0xFFC1_2345u, 0xFFC1_2345u)]
    [InlineData(0x3F80_0000u, 0x3F80_0000u, 0x3F80_0000u)]
    [InlineData(0x4000_0000u, 0x3F00_0000u, 0x3F35_0400u)]
    [InlineData(0xBF80_0000u, 0xBF80_0000u, 0xFFC0_0000u)]
    [InlineData(0x7F7F_FFFFu, 0x0000_0000u, 0x1F80_0000u)]
    [InlineData(0x7E80_0000u, 0x0080_0000u, 0x2000_0000u)]
    public void Special_values_are_those_of_the_manual_and_all_hosts_agree_on_the_others(uint a, uint reciprocal, uint root)
    {
        Approximations.Reciprocal(a).ShouldBe(reciprocal);
        Approximations.ReciprocalRoot(a).ShouldBe(root);
    }
}
