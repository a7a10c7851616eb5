using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>SHA-NI: guests hash one block as FIPS 180-4 says.</summary>
public unsafe class ShaTests
{
    private const ulong Block = TestMachine.DataAddress, Constants = TestMachine.DataAddress + 0x100;

    /// <summary>FIPS 180-4, 4.2.2: the fractions of the cube roots of the first 64 primes.</summary>
    private static readonly uint[] Sha256Constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74,
        0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
        0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
        0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
        0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    [Theory]
    [InlineData("abc", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData("", "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    public void A_guest_computes_the_standards_SHA_1(string text, string digest)
    {
        using var m = VectorMachine.Create();
        // Words from the highest doubleword down, as the instructions want them.
        byte[] block = Padded(text);
        for (int n = 0; n < 16; n++)
            m.WriteMemory(Block + (ulong)(4 * (n ^ 3)), BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(4 * n)));
        m.State->Gpr[3] = Block;
        m.SetYmm(0, Vector256.Create(0x10325476u, 0x98badcfe, 0xefcdab89, 0x67452301, 0, 0, 0, 0).AsByte());
        m.SetYmm(1, Vector256.Create(0u, 0, 0, 0xc3d2e1f0, 0, 0, 0, 0).AsByte());
        m.Execute(a =>
        {
            AssemblerRegisterXMM[] words = [xmm4, xmm5, xmm6, xmm7];
            a.movdqa(xmm2, xmm0);
            a.movdqa(xmm3, xmm1);
            for (byte n = 0; n < 20; n++)
            {
                AssemblerRegisterXMM now = words[n & 3];
                if (n < 4)
                    a.movdqa(now, __xmmword_ptr[rbx + (16 * n)]);
                else
                    Next(a, words, n);
                // The first E is added as it is, the later ones come out of the state of four rounds before.
                if (n == 0)
                    a.paddd(xmm1, now);
                else
                    a.sha1nexte(xmm1, now);
                a.movdqa(xmm8, xmm0);
                a.sha1rnds4(xmm0, xmm1, (byte)(n / 5));
                a.movdqa(xmm1, xmm8);
            }
            a.sha1nexte(xmm1, xmm3);
            a.paddd(xmm0, xmm2);
        });
        Vector128<uint> state = m.Xmm(0).AsUInt32();
        string.Concat(((uint[])[state[3], state[2], state[1], state[0], m.Xmm(1).AsUInt32()[3]]).Select(w => w.ToString("x8"))).ShouldBe(digest);
    }

    [Theory]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void A_guest_computes_the_standards_SHA_256(string text, string digest)
    {
        using var m = VectorMachine.Create();
        m.Write(Block, Padded(text));
        for (int n = 0; n < 64; n++)
            m.WriteMemory(Constants + (ulong)(4 * n), Sha256Constants[n]);
        m.State->Gpr[3] = Block;
        m.State->Gpr[2] = Constants;
        m.SetYmm(1, Vector256.Create(0x9b05688cu, 0x510e527f, 0xbb67ae85, 0x6a09e667, 0, 0, 0, 0).AsByte());
        m.SetYmm(2, Vector256.Create(0x5be0cd19u, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372, 0, 0, 0, 0).AsByte());
        m.SetYmm(9, Vector256.Create(0x0405060700010203ul, 0x0c0d0e0f08090a0b, 0, 0).AsByte());
        m.Execute(a =>
        {
            AssemblerRegisterXMM[] words = [xmm4, xmm5, xmm6, xmm7];
            a.movdqa(xmm10, xmm1);
            a.movdqa(xmm11, xmm2);
            for (int n = 0; n < 16; n++)
            {
                (AssemblerRegisterXMM now, AssemblerRegisterXMM last, AssemblerRegisterXMM before) = (words[n & 3], words[(n + 3) & 3], words[(n + 2) & 3]);
                if (n < 4)
                {
                    a.movdqa(now, __xmmword_ptr[rbx + (16 * n)]);
                    a.pshufb(now, xmm9);
                }
                else
                {
                    a.sha256msg1(now, words[(n + 1) & 3]);
                    a.movdqa(xmm3, last);
                    a.palignr(xmm3, before, 4);
                    a.paddd(now, xmm3);
                    a.sha256msg2(now, last);
                }
                a.vpaddd(xmm0, now, __xmmword_ptr[rdx + (16 * n)]);
                a.sha256rnds2(xmm2, xmm1);
                a.pshufd(xmm0, xmm0, 0x0E);
                a.sha256rnds2(xmm1, xmm2);
            }
            a.paddd(xmm1, xmm10);
            a.paddd(xmm2, xmm11);
        });
        (Vector128<uint> abef, Vector128<uint> cdgh) = (m.Xmm(1).AsUInt32(), m.Xmm(2).AsUInt32());
        uint[] hash = [abef[3], abef[2], cdgh[3], cdgh[2], abef[1], abef[0], cdgh[1], cdgh[0]];
        string.Concat(hash.Select(w => w.ToString("x8"))).ShouldBe(digest);
    }

    private static void Next(Assembler a, AssemblerRegisterXMM[] words, int n)
    {
        AssemblerRegisterXMM now = words[n & 3];
        a.sha1msg1(now, words[(n + 1) & 3]);
        a.pxor(now, words[(n + 2) & 3]);
        a.sha1msg2(now, words[(n + 3) & 3]);
    }

    private static byte[] Padded(string text)
    {
        byte[] block = new byte[64];
        int length = Encoding.ASCII.GetBytes(text, block);
        block[length] = 0x80;
        block[63] = (byte)(length * 8);
        return block;
    }
}
