using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using ReplayVmm.Processor.Tests.Silicon;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>AES-NI and PCLMULQDQ against the standards' examples, and their portable forms against the host's instructions.</summary>
public unsafe class AesTests
{
    private const int Rounds = 10, Inverse = 256, Comparisons = 20_000;

    [Theory]
    // FIPS 197, appendix C.1 and appendix B.
    [InlineData("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a")]
    [InlineData("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32")]
    public void A_guest_encrypts_and_decrypts_the_standards_examples(string key, string plain, string cipher)
    {
        using var m = VectorMachine.Create();
        m.SetXmm(0, plain);
        m.SetXmm(1, key);
        m.State->Gpr[3] = TestMachine.DataAddress;
        m.Execute(a =>
        {
            a.movdqa(__xmmword_ptr[rbx], xmm1);
            byte constant = 1;
            for (int n = 1; n <= Rounds; n++)
            {
                MakeRoundKey(a, n, constant);
                constant = (byte)((constant << 1) ^ (constant >= 0x80 ? 0x1B : 0));
            }
            a.pxor(xmm0, __xmmword_ptr[rbx]);
            for (int n = 1; n < Rounds; n++)
                a.aesenc(xmm0, __xmmword_ptr[rbx + (16 * n)]);
            a.aesenclast(xmm0, xmm1);
            a.vpxor(xmm6, xmm0, xmm1);
            for (int n = Rounds - 1; n > 0; n--)
                a.vaesdec(xmm6, xmm6, __xmmword_ptr[rbx + (Inverse + (16 * n))]);
            a.aesdeclast(xmm6, __xmmword_ptr[rbx]);
        });
        m.Hex(0).ShouldBe(cipher);
        m.Hex(6).ShouldBe(plain);
    }

    /// <summary>XMM1 from round key n - 1 to n, stored at RBX + 16 n; the inverse cipher's behind <see cref="Inverse"/>.</summary>
    private static void MakeRoundKey(Assembler a, int n, byte constant)
    {
        a.aeskeygenassist(xmm2, xmm1, constant);
        a.pshufd(xmm2, xmm2, 0xFF);
        a.vpslldq(xmm3, xmm1, 4);
        for (int word = 0; word < 3; word++)
        {
            a.pxor(xmm1, xmm3);
            a.pslldq(xmm3, 4);
        }
        a.pxor(xmm1, xmm2);
        a.movdqa(__xmmword_ptr[rbx + (16 * n)], xmm1);
        a.aesimc(xmm5, xmm1);
        a.movdqa(__xmmword_ptr[rbx + (Inverse + (16 * n))], xmm5);
    }

    /// <summary>The examples of Intel's paper on the instruction.</summary>
    [Theory]
    [InlineData(0x00, 0x1d4d84c85c3440c0, 0x929633d5d36f0451)]
    [InlineData(0x01, 0x1bd17c8d556ab5a1, 0x7fa540ac2a281315)]
    [InlineData(0x10, 0x1a2bf6db3a30862f, 0xbabf262df4b7d5c9)]
    [InlineData(0xEF, 0x1bd17c8d556ab5a1, 0x7fa540ac2a281315)]
    [InlineData(0x11, 0x1d1e1f2c592e7c45, 0xd66ee03e410fd4ed)]
    public void Products_without_carries_are_those_of_the_paper(byte choice, ulong high, ulong low)
    {
        using var m = VectorMachine.Create();
        m.SetYmm(2, Vector256.Create(0x63746f725d53475d, 0x7b5b546573745665, 0ul, 0).AsByte());
        m.SetYmm(1, Vector256.Create(0x5b477565726f6e5d, 0x4869285368617929, 0ul, 0).AsByte());
        m.Step(a => a.vpclmulqdq(xmm0, xmm1, xmm2, choice));
        m.Ymm(0).AsUInt64().ShouldBe(Vector256.Create(low, high, 0, 0));
    }

    [Fact]
    public void The_portable_forms_give_what_the_hosts_instructions_give()
    {
        Assert.SkipUnless(Aes.IsSupported && Pclmulqdq.IsSupported, "the host has no AES-NI");
        var random = new Randomness(197);
        for (int n = 0; n < Comparisons; n++)
        {
            Vector128<byte> a = Vector128.Create(random.Operand(), random.Next()).AsByte(), b = Vector128.Create(random.Next(), random.Operand()).AsByte();
            AesEncrypt.Portable(a, b).ShouldBe(Aes.Encrypt(a, b));
            AesEncryptLast.Portable(a, b).ShouldBe(Aes.EncryptLast(a, b));
            AesDecrypt.Portable(a, b).ShouldBe(Aes.Decrypt(a, b));
            AesDecryptLast.Portable(a, b).ShouldBe(Aes.DecryptLast(a, b));
            MultiplyWithoutCarries.Portable(a.AsUInt64()[0], b.AsUInt64()[1])
                .ShouldBe(Pclmulqdq.CarrylessMultiply(a.AsUInt64(), b.AsUInt64(), 0x10).AsByte());
        }
    }
}
