using System.Text.RegularExpressions;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;

namespace ReplayVmm.Processor.Tests.Vectors;

/// <summary>One encoding of a floating-point vector instruction: what its operands are made of, and instructions of it.</summary>
internal sealed partial class FloatVectorForm(Code code)
{
    private static readonly HashSet<CpuidFeature> Families =
        [CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSE4_1, CpuidFeature.AVX, CpuidFeature.FMA, CpuidFeature.F16C];

    public Code Code { get; } = code;

    public Mnemonic Mnemonic => Code.Mnemonic();

    /// <summary>It has an MMX operand.</summary>
    public bool IsMmx => Code.ToString().Contains("_mm", StringComparison.Ordinal);

    /// <summary>Bits of exponent and fraction of the elements that it reads; none for integers.</summary>
    public (int Exponent, int Fraction) Format => Code.Mnemonic() switch
    {
        Mnemonic.Vcvtps2ph => (8, 23),
        Mnemonic.Vcvtph2ps => (5, 10),
        _ => Code.ToOpCode().MemorySize.GetElementType() switch
        {
            MemorySize.Float32 => (8, 23),
            MemorySize.Float64 => (11, 52),
            MemorySize.Float16 => (5, 10),
            _ => (0, 0),
        },
    };

    /// <summary>All encodings that the table has.</summary>
    public static IEnumerable<FloatVectorForm> All() => Enum.GetValues<Code>().Where(IsOne).Select(c => new FloatVectorForm(c));

    public override string ToString() => Code.ToString();

    /// <summary>An instruction with random registers and immediate; from memory where asked, if it can be. Null where the encoder refuses.</summary>
    public (Instruction Instruction, byte[] Bytes)? Build(ref Randomness random, bool memory)
    {
        OpCodeInfo info = Code.ToOpCode();
        var instruction = new Instruction { Code = Code };
        int same = random.OnceIn(8) ? random.Below(4) : -1;
        for (int operand = 0; operand < info.OpCount; operand++)
        {
            OpCodeOperandKind kind = info.GetOpKind(operand);
            string name = kind.ToString();
            if (kind == OpCodeOperandKind.imm8)
            {
                instruction.SetOpKind(operand, OpKind.Immediate8);
                instruction.Immediate8 = (byte)random.Next();
                continue;
            }
            if (name.EndsWith("_or_mem", StringComparison.Ordinal) && memory)
            {
                instruction.SetOpKind(operand, OpKind.Memory);
                instruction.MemoryBase = Register.RAX;
                continue;
            }
            int number = same >= 0 ? same : random.Below(4) + (random.OnceIn(3) ? 8 : 0);
            Register register = name[..2] switch
            {
                "xm" => Register.XMM0 + number,
                "ym" => Register.YMM0 + number,
                "mm" => Register.MM0 + (number & 7),
                "r3" => Register.ECX,
                _ => Register.RCX,
            };
            instruction.SetOpKind(operand, OpKind.Register);
            instruction.SetOpRegister(operand, register);
        }
        using var stream = new MemoryStream();
        if (!Encoder.Create(64, new StreamCodeWriter(stream)).TryEncode(instruction, 0, out _, out _))
            return null;
        byte[] bytes = stream.ToArray();
        return (Decoder.Create(64, bytes).Decode(), bytes);
    }

    private static bool IsOne(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        return info.IsInstruction && info.Encoding is EncodingKind.Legacy or EncodingKind.VEX && Name().IsMatch(code.Mnemonic().ToString())
            && code.CpuidFeatures().Length > 0 && Families.IsSupersetOf(code.CpuidFeatures()) && info.Mode64;
    }

    [GeneratedRegex("^(V?(Add|Sub|Mul|Div|Sqrt|Min|Max|Addsub|Hadd|Hsub|Cmp|Dp|Round|Rcp|Rsqrt|Blendv?|Shuf|Unpck[lh]|Insert|Extract|Permil|Test|U?comis|Fn?m(add|sub)(add|sub)?(132|213|231))[ps]?[sd]|V?Cvt.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Name();
}
