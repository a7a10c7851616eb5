using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace ReplayVmm.Processor.Tests;

/// <summary>Programs of straight vector code, and their values as the manuals print them.</summary>
internal static unsafe class VectorProgram
{
    /// <summary>Runs the program from its first instruction to behind its last.</summary>
    public static void Execute(this TestMachine m, Action<Assembler> program)
    {
        ulong end = m.State->Rip + (ulong)m.Load(program, m.State->Rip);
        while (m.State->Rip < end)
            m.RunFully(1);
        m.State->Rip.ShouldBe(end);
    }

    /// <summary>Puts the bytes, in the order of memory, into an XMM register; what they do not fill becomes 0.</summary>
    public static void SetXmm(this TestMachine m, int number, string hex)
    {
        Vector256<byte> value = default;
        System.Convert.FromHexString(hex).CopyTo(MemoryMarshal.AsBytes(new Span<Vector256<byte>>(ref value)));
        m.SetYmm(number, value);
    }

    /// <summary>An XMM register's bytes in the order of memory.</summary>
    public static string Hex(this TestMachine m, int number)
    {
        byte[] bytes = new byte[16];
        m.Xmm(number).CopyTo(bytes);
        return System.Convert.ToHexStringLower(bytes);
    }
}
