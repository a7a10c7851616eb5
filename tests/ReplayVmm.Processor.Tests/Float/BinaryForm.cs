namespace ReplayVmm.Processor.Tests.Float;

/// <summary>What an instruction leaves: its element of XMM0, R8 or flags, whichever it writes, and what it reports.</summary>
internal readonly record struct BinaryResult(ulong Value, int Exceptions);

/// <summary>One scalar instruction of SSE, FMA or F16C on XMM0, XMM1, XMM2 and R8, and the call that is to do the same.</summary>
/// <param name="Name">The instruction.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Exponent">Bits of exponent of its operands' format, for choosing them.</param>
/// <param name="Fraction">Bits of fraction.</param>
/// <param name="Output">What it writes.</param>
/// <param name="ResultBits">How many bits of that count.</param>
/// <param name="Evaluate">The call: MXCSR, XMM0, XMM1, XMM2, R8.</param>
internal sealed record BinaryForm(
    string Name, byte[] Bytes, int Exponent, int Fraction, BinaryOutput Output, int ResultBits, Func<uint, ulong, ulong, ulong, ulong, BinaryResult> Evaluate)
{
    private delegate ulong Operation(ref FloatContext x, ulong a, ulong b, ulong c);

    private delegate ulong OfInteger(ref FloatContext x, long value);

    public static IEnumerable<BinaryForm> All() => [.. Of<Binary32>("s", 0xF3), .. Of<Binary64>("d", 0xF2), .. Mixed()];

    private static IEnumerable<BinaryForm> Of<T>(string suffix, byte prefix) where T : struct, IBinaryFormat
    {
        int exponent = T.ExponentBits, fraction = T.Precision - 1, bits = exponent + fraction + 1;
        BinaryForm Make(string name, byte[] bytes, Operation operation, BinaryOutput output = BinaryOutput.Vector, int? result = null) =>
            new(name + suffix, bytes, exponent, fraction, output, result ?? bits, (mxcsr, a, b, c, _) => Run(mxcsr, (ref FloatContext x) => operation(ref x, a, b, c)));
        BinaryForm Whole(string name, byte[] bytes, OfInteger operation) =>
            new(name + suffix, bytes, exponent, fraction, BinaryOutput.Vector, bits, (mxcsr, _, _, _, r) => Run(mxcsr, (ref FloatContext x) => operation(ref x, (long)r)));

        yield return Make("adds", [prefix, 0x0F, 0x58, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Add(ref x, a, b));
        yield return Make("muls", [prefix, 0x0F, 0x59, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Multiply(ref x, a, b));
        yield return Make("subs", [prefix, 0x0F, 0x5C, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Subtract(ref x, a, b));
        yield return Make("mins", [prefix, 0x0F, 0x5D, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Minimum(ref x, a, b));
        yield return Make("divs", [prefix, 0x0F, 0x5E, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Divide(ref x, a, b));
        yield return Make("maxs", [prefix, 0x0F, 0x5F, 0xC1], (ref x, a, b, _) => BinaryFloat<T>.Maximum(ref x, a, b));
        yield return Make("sqrts", [prefix, 0x0F, 0x51, 0xC1], (ref x, _, b, _) => BinaryFloat<T>.SquareRoot(ref x, b));
        byte[] compare = prefix == 0xF2 ? [0x66, 0x0F] : [0x0F];
        yield return Make("ucomis", [.. compare, 0x2E, 0xC1], (ref x, a, b, _) => Flags(BinaryFloat<T>.Compare(ref x, a, b, strict: false)), BinaryOutput.Flags, 8);
        yield return Make("comis", [.. compare, 0x2F, 0xC1], (ref x, a, b, _) => Flags(BinaryFloat<T>.Compare(ref x, a, b, strict: true)), BinaryOutput.Flags, 8);
        yield return Make("cvts32 ", [prefix, 0x44, 0x0F, 0x2D, 0xC1], (ref x, _, b, _) => (ulong)BinaryConversions.ToInteger<T>(ref x, b, 32, false), BinaryOutput.General, 32);
        yield return Make("cvts64 ", [prefix, 0x4C, 0x0F, 0x2D, 0xC1], (ref x, _, b, _) => (ulong)BinaryConversions.ToInteger<T>(ref x, b, 64, false), BinaryOutput.General, 64);
        yield return Make("cvtts32 ", [prefix, 0x44, 0x0F, 0x2C, 0xC1], (ref x, _, b, _) => (ulong)BinaryConversions.ToInteger<T>(ref x, b, 32, true), BinaryOutput.General, 32);
        yield return Make("cvtts64 ", [prefix, 0x4C, 0x0F, 0x2C, 0xC1], (ref x, _, b, _) => (ulong)BinaryConversions.ToInteger<T>(ref x, b, 64, true), BinaryOutput.General, 64);
        yield return Whole("cvtsi32 ", [prefix, 0x41, 0x0F, 0x2A, 0xC0], (ref x, r) => BinaryConversions.FromInteger<T>(ref x, (int)r));
        yield return Whole("cvtsi64 ", [prefix, 0x49, 0x0F, 0x2A, 0xC0], (ref x, r) => BinaryConversions.FromInteger<T>(ref x, r));

        byte round = (byte)(prefix == 0xF2 ? 0x0B : 0x0A);
        for (int n = 0; n < 16; n++)
        {
            int control = n;
            yield return Make($"rounds {control} ", [0x66, 0x0F, 0x3A, round, 0xC1, (byte)control], (ref x, _, b, _) =>
            {
                FloatContext own = (control & 4) != 0 ? x : new FloatContext((ushort)((control & 3) << 10 | 0x3F)) { DenormalsAreZeros = x.DenormalsAreZeros };
                ulong result = BinaryConversions.ToIntegral<T>(ref own, b, quietly: (control & 8) != 0);
                x.Exceptions = own.Exceptions;
                return result;
            });
        }

        byte wide = (byte)(prefix == 0xF2 ? 0xF1 : 0x71);
        yield return Make("vfmadd132s", [0xC4, 0xE2, wide, 0x99, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, a, c, b));
        yield return Make("vfmadd213s", [0xC4, 0xE2, wide, 0xA9, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, b, a, c));
        yield return Make("vfmadd231s", [0xC4, 0xE2, wide, 0xB9, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, b, c, a));
        yield return Make("vfmsub231s", [0xC4, 0xE2, wide, 0xBB, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, b, c, a, negateAddend: true));
        yield return Make("vfnmadd231s", [0xC4, 0xE2, wide, 0xBD, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, b, c, a, negateProduct: true));
        yield return Make("vfnmsub231s", [0xC4, 0xE2, wide, 0xBF, 0xC2], (ref x, a, b, c) => BinaryFloat<T>.MultiplyAdd(ref x, b, c, a, negateProduct: true, negateAddend: true));
    }

    private static IEnumerable<BinaryForm> Mixed()
    {
        BinaryForm Make(string name, byte[] bytes, int exponent, int fraction, int result, Operation operation) =>
            new(name, bytes, exponent, fraction, BinaryOutput.Vector, result, (mxcsr, a, b, c, _) => Run(mxcsr, (ref FloatContext x) => operation(ref x, a, b, c)));
        yield return Make("cvtss2sd", [0xF3, 0x0F, 0x5A, 0xC1], 8, 23, 64, (ref x, _, b, _) => BinaryConversions.Convert<Binary32, Binary64>(ref x, b));
        yield return Make("cvtsd2ss", [0xF2, 0x0F, 0x5A, 0xC1], 11, 52, 32, (ref x, _, b, _) => BinaryConversions.Convert<Binary64, Binary32>(ref x, b));
        yield return Make("vcvtph2ps", [0xC4, 0xE2, 0x79, 0x13, 0xC1], 5, 10, 32, (ref x, _, b, _) => BinaryConversions.FromHalf(ref x, b));
        yield return Make("vcvtps2ph", [0xC4, 0xE3, 0x79, 0x1D, 0xC8, 0x04], 8, 23, 16, (ref x, _, b, _) => BinaryConversions.ToHalf(ref x, b));
    }

    private delegate ulong InContext(ref FloatContext x);

    private static BinaryResult Run(uint mxcsr, InContext operation)
    {
        FloatContext x = Mxcsr.Context(mxcsr);
        ulong value = operation(ref x);
        return new BinaryResult(value, x.Exceptions);
    }

    private static ulong Flags(int? order) => order switch { null => Rflags.Zf | Rflags.Pf | Rflags.Cf, 0 => Rflags.Zf, < 0 => Rflags.Cf, _ => 0 };
}

/// <summary>Where an instruction puts its result.</summary>
internal enum BinaryOutput
{
    Vector,
    General,
    Flags,
}
