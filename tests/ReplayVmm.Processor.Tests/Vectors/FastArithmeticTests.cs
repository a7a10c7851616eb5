using System.Runtime.Intrinsics;
using ReplayVmm.Processor.Tests.Silicon;
using ReplayVmm.Silicon;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>The fast paths against the exact operations, on whatever host runs the tests: results bit for bit, and what MXCSR becomes.</summary>
public sealed unsafe class FastArithmeticTests : IDisposable
{
    private const int Cases = 20_000;

    private readonly TestMachine _machine = VectorMachine.Create();
    private readonly List<string> _wrong = [];

    private delegate Vector128<byte> Operation(ref VectorContext x, Vector128<byte> first, Vector128<byte> source);

    private delegate ulong Conversion(ref FloatContext x, ulong a);

    private delegate ulong FastConversion(ref VectorContext x, ulong a);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Arithmetic_on_ordinary_numbers_has_the_bits_and_flags_of_the_exact_operation()
    {
        Arithmetic<AddElements>();
        Arithmetic<SubtractElements>();
        Arithmetic<MultiplyElements>();
        Arithmetic<DivideElements>();
        Arithmetic<RootElements>();
        _wrong.ShouldBeEmpty();
    }

    [Fact]
    public void The_lesser_and_the_greater_are_those_of_the_exact_operation()
    {
        Compare("min single", Code("minps"), PackedChoice<Lesser, Binary32>.Lane, EachElement<Lesser, Binary32>.Packed);
        Compare("min double", Code("minpd"), PackedChoice<Lesser, Binary64>.Lane, EachElement<Lesser, Binary64>.Packed);
        Compare("max single", Code("maxps"), PackedChoice<Greater, Binary32>.Lane, EachElement<Greater, Binary32>.Packed);
        Compare("max double", Code("maxpd"), PackedChoice<Greater, Binary64>.Lane, EachElement<Greater, Binary64>.Packed);
        _wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Fused_multiplications_have_the_bits_and_flags_of_the_exact_operation()
    {
        Fused<FusedAdd>();
        Fused<FusedNegatedSubtract>();
        Fused<FusedAddSubtract>();
        _wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Conversions_have_the_bits_and_flags_of_the_exact_operation()
    {
        Convert("double to single", 11, 52, DoubleToSingle.Convert, BinaryConversions.Convert<Binary64, Binary32>);
        Convert("single to double", 8, 23, SingleToDouble.Convert, BinaryConversions.Convert<Binary32, Binary64>);
        Convert("int32 to single", 0, 0, FromInteger<int, Binary32>.Convert, (ref x, a) => BinaryConversions.FromInteger<Binary32>(ref x, (int)a));
        Convert("int64 to single", 0, 0, FromInteger<long, Binary32>.Convert, (ref x, a) => BinaryConversions.FromInteger<Binary32>(ref x, (long)a));
        Convert("int64 to double", 0, 0, FromInteger<long, Binary64>.Convert, (ref x, a) => BinaryConversions.FromInteger<Binary64>(ref x, (long)a));
        Convert("double to int32", 11, 52, ToInteger<int, Binary64, Rounding>.Convert, (ref x, a) => (ulong)BinaryConversions.ToInteger<Binary64>(ref x, a, 32, false));
        Convert("double to int64", 11, 52, ToInteger<long, Binary64, Rounding>.Convert, (ref x, a) => (ulong)BinaryConversions.ToInteger<Binary64>(ref x, a, 64, false));
        Convert("single cut to int32", 8, 23, ToInteger<int, Binary32, Truncating>.Convert, (ref x, a) => (ulong)BinaryConversions.ToInteger<Binary32>(ref x, a, 32, true));
        Convert("double cut to int64", 11, 52, ToInteger<long, Binary64, Truncating>.Convert, (ref x, a) => (ulong)BinaryConversions.ToInteger<Binary64>(ref x, a, 64, true));
        _wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Rounding_to_an_integer_has_the_bits_and_flags_of_the_exact_operation()
    {
        // The machine's instruction is all zeros, so that its immediate says to nearest, and not quietly.
        static ulong Exactly<TFormat>(ref FloatContext x, ulong a) where TFormat : struct, IBinaryFormat
        {
            var nearest = new FloatContext(FloatContext.AllExceptions) { DenormalsAreZeros = x.DenormalsAreZeros };
            ulong r = BinaryConversions.ToIntegral<TFormat>(ref nearest, a, quietly: false);
            x.Exceptions = nearest.Exceptions;
            return r;
        }
        Convert("single", 8, 23, IntegralRounding<Binary32>.Convert, Exactly<Binary32>);
        Convert("double", 11, 52, IntegralRounding<Binary64>.Convert, Exactly<Binary64>);
        _wrong.ShouldBeEmpty();
    }

    private void Arithmetic<TOp>() where TOp : struct, IArithmetic
    {
        Compare($"{typeof(TOp).Name} single", Code("addps"), PackedArithmetic<TOp, Binary32>.Lane, EachElement<TOp, Binary32>.Packed);
        Compare($"{typeof(TOp).Name} double", Code("addpd"), PackedArithmetic<TOp, Binary64>.Lane, EachElement<TOp, Binary64>.Packed);
        Compare($"{typeof(TOp).Name} of one single", Code("addss"), ScalarArithmetic<TOp, Binary32>.Lane, EachElement<TOp, Binary32>.Scalar);
        Compare($"{typeof(TOp).Name} of one double", Code("addsd"), ScalarArithmetic<TOp, Binary64>.Lane, EachElement<TOp, Binary64>.Scalar);
    }

    private void Fused<TSigns>() where TSigns : struct, IFusedSigns
    {
        // Operand 0, the destination, is XMM0 as it stands.
        Compare($"{typeof(TSigns).Name} single", Code("addps"), PackedFused<Order231, TSigns, Binary32>.Lane,
            (ref x, first, source) => FusedMultiplyAdd<Order231, TSigns, Binary32>.Exactly(ref x, first, source, x.Destination));
        Compare($"{typeof(TSigns).Name} double", Code("addpd"), PackedFused<Order231, TSigns, Binary64>.Lane,
            (ref x, first, source) => FusedMultiplyAdd<Order231, TSigns, Binary64>.Exactly(ref x, first, source, x.Destination));
    }

    /// <summary>The form whose elements the operands are made of.</summary>
    private static FloatVectorForm Code(string name) => FloatVectorForm.All().First(f => f.Mnemonic.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));

    private void Compare(string name, FloatVectorForm form, Operation fast, Operation exact)
    {
        var random = new Randomness(0xFA57);
        SiliconVectors vectors;
        Span<byte> memory = stackalloc byte[32];
        DecodedInstruction instruction = default;
        for (int n = 0; n < Cases; n++)
        {
            FloatVectorOperands.Fill(ref random, form, &vectors, memory);
            uint mxcsr = _machine.State->Mxcsr = FloatVectorOperands.ChooseMxcsr(ref random);
            Vector128<byte> a = Vector128.Load(vectors.Ymm).AsByte(), b = Vector128.Load(vectors.Ymm + 4).AsByte();
            Vector128.Load(vectors.Ymm + 8).Store(_machine.State->Vector);
            VectorContext one = new(_machine.Cpu.Core, &instruction), other = new(_machine.Cpu.Core, &instruction);
            Vector128<byte> left = fast(ref one, a, b), right = exact(ref other, a, b);
            if ((left != right && !Mxcsr.IsUnmasked(mxcsr, other.Exceptions)) || (mxcsr | (uint)one.Exceptions) != (mxcsr | (uint)other.Exceptions))
                _wrong.Add($"{name} {VectorText.Hex(a)} {VectorText.Hex(b)} MXCSR {mxcsr:x}: {VectorText.Hex(left)} {one.Exceptions:x}, exactly {VectorText.Hex(right)} {other.Exceptions:x}");
        }
    }

    private void Convert(string name, int exponentBits, int fractionBits, FastConversion fast, Conversion exact)
    {
        var random = new Randomness(0xC0);
        ulong last = 0;
        DecodedInstruction instruction = default;
        for (int n = 0; n < Cases; n++)
        {
            uint mxcsr = _machine.State->Mxcsr = FloatVectorOperands.ChooseMxcsr(ref random);
            ulong a = last = exponentBits == 0 ? random.Operand() : Float.FloatOperands.Binary(ref random, exponentBits, fractionBits, last);
            VectorContext one = new(_machine.Cpu.Core, &instruction);
            FloatContext other = Mxcsr.Context(mxcsr);
            ulong left = fast(ref one, a), right = exact(ref other, a);
            if ((left != right && !Mxcsr.IsUnmasked(mxcsr, other.Exceptions)) || (mxcsr | (uint)one.Exceptions) != (mxcsr | (uint)other.Exceptions))
                _wrong.Add($"{name} {a:x} MXCSR {mxcsr:x}: {left:x} {one.Exceptions:x}, exactly {right:x} {other.Exceptions:x}");
        }
    }
}
