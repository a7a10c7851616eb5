using System.Runtime.Intrinsics;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>PCMPESTRI and its kin (SDM volume 1, 12.3; volume 2, 4.1).</summary>
public unsafe class StringComparisonTests
{
    private const ulong C = Rflags.Cf, Z = Rflags.Zf, S = Rflags.Sf, O = Rflags.Of;

    [Theory]
    // Any of a set: the first vowel, the last, the first that is none, the first that is none in the string.
    [InlineData(0x00, "aeiou", "rhythm and blue", 7, C | Z | S)]
    [InlineData(0x40, "aeiou", "rhythm and blue", 14, C | Z | S)]
    [InlineData(0x10, "aeiou", "aeioux", 5, C | Z | S)]
    [InlineData(0x30, "aeiou", "aeiou", 16, Z | S)]
    [InlineData(0x10, "aeiou", "aeiou", 5, C | Z | S)]
    // Ranges, whose last limit is alone and does not count.
    [InlineData(0x04, "09afz", "xyzq-+7", 6, C | Z | S)]
    // Element by element, with what is beyond both ends.
    [InlineData(0x18, "the same", "the sane", 6, C | Z | S)]
    [InlineData(0x18, "exactly 16 bytes", "exactly 16 bytes", 16, 0ul)]
    [InlineData(0x08, "abc", "abc", 0, C | Z | S | O)]
    // A part, also one that begins at the end.
    [InlineData(0x0C, "needle", "a needle, found", 2, C | Z | S)]
    [InlineData(0x0C, "needle", "it is cut: need", 16, Z | S)]
    [InlineData(0x0C, "needle", "it is cut off: n", 15, C | S)]
    [InlineData(0x0C, "", "anything", 0, C | Z | S | O)]
    public void Implicit_lengths_end_at_the_first_zero(byte control, string first, string second, int index, ulong flags)
    {
        using var m = VectorMachine.Create();
        (Vector256<byte> one, Vector256<byte> two) = (Text(first), Text(second));
        foreach (Action<Assembler> program in (Action<Assembler>[])[a => a.pcmpistri(xmm1, xmm2, control), a => a.vpcmpistri(xmm1, xmm2, control)])
        {
            m.SetYmm(1, one);
            m.SetYmm(2, two);
            m.State->Gpr[1] = ulong.MaxValue;
            m.State->Rflags |= Rflags.Arithmetic;
            m.Step(program);
            m.State->Gpr[1].ShouldBe((ulong)index);
            (m.State->Rflags & Rflags.Arithmetic).ShouldBe(flags);
        }
    }

    [Theory]
    [InlineData(3ul, 5ul, 0x1F, C | Z | S)]
    [InlineData(unchecked((ulong)-3), 0xFFFF_FFFF_0000_0005, 0x1F, C | Z | S)]
    [InlineData(0x8000_0000ul, 0x1_0000_0010, 0xFFFF, C)]
    public void Explicit_lengths_are_magnitudes_of_32_bits_that_end_with_the_register(ulong rax, ulong rdx, uint mask, ulong flags)
    {
        using var m = VectorMachine.Create();
        m.SetYmm(1, Text("abc"));
        m.SetYmm(2, Vector256<byte>.Zero);
        (m.State->Gpr[0], m.State->Gpr[2]) = (rax, rdx);
        m.SetYmm(0, Vector256<byte>.AllBitsSet);
        // Equal to none of the set, but where the set goes on with zeros.
        m.Step(a => a.pcmpestrm(xmm1, xmm2, rax == 0x8000_0000 ? (byte)0 : (byte)0x30));
        m.Ymm(0).ShouldBe(Vector256.Create(Vector128.CreateScalar(mask).AsByte(), Vector128<byte>.AllBitsSet));
        (m.State->Rflags & Rflags.Arithmetic & ~O).ShouldBe(flags);
    }

    [Fact]
    public void Wide_lengths_take_all_of_the_register_and_a_mask_of_words_fills_XMM0()
    {
        using var m = VectorMachine.Create();
        m.SetYmm(1, Vector256.Create((short)-5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).AsByte());
        m.SetYmm(2, Vector256.Create((short)-6, -5, 0, 5, 6, 1, short.MinValue, 3, 9, 9, 9, 9, 9, 9, 9, 9).AsByte());
        (m.State->Gpr[0], m.State->Gpr[2]) = (2, 1ul << 32);
        m.SetYmm(0, Vector256<byte>.AllBitsSet);
        m.Step(a => a.vpcmpestrm64(xmm1, xmm2, 0x47));
        m.Ymm(0).AsInt16().ShouldBe(Vector256.Create((short)0, -1, -1, -1, 0, -1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0));
        (m.State->Rflags & Rflags.Arithmetic).ShouldBe(C | S);
    }

    [Fact]
    public void Their_memory_need_not_be_aligned()
    {
        using var m = VectorMachine.Create();
        m.Write(TestMachine.DataAddress + 3, "find the y here!"u8);
        m.SetYmm(1, Text("y"));
        m.State->Gpr[0] = TestMachine.DataAddress;
        m.Step(a => a.pcmpistri(xmm1, __xmmword_ptr[rax + 3], 0));
        m.State->Gpr[1].ShouldBe(9ul);
        m.Fault(a => a.pshufb(xmm1, __xmmword_ptr[rax + 3])).ShouldBe(Vector.Gp);
    }

    private static Vector256<byte> Text(string text)
    {
        byte[] bytes = new byte[32];
        Encoding.ASCII.GetBytes(text, bytes);
        return Vector256.Create(bytes);
    }
}
