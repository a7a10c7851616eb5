using System.Runtime.Intrinsics;

namespace ReplayVmm.Processor.Tests;

/// <summary>A <see cref="TestMachine"/> in 64-bit mode whose system has switched on SSE and AVX.</summary>
internal static unsafe class VectorMachine
{
    public static TestMachine Create(bool user = false, CpuModel? model = null)
    {
        var m = TestMachine.Long(user, model);
        m.State->Cr4 |= Cr4.Osfxsr | Cr4.Osxmmexcpt | Cr4.Osxsave;
        m.State->Xcr0 = 7;
        m.State->Mxcsr = 0x1F80;
        for (int n = 0; n < 64; n++)
            m.State->Vector[n] = 0x0101_0101_0101_0101ul * (ulong)(n + 1);
        m.Cpu.Controls.ExceptionBitmap = uint.MaxValue;
        m.Cpu.StateChanged();
        return m;
    }

    public static Vector256<byte> Ymm(this TestMachine m, int number) => Vector256.Load((byte*)m.State->Vector + (number * 32));

    public static Vector128<byte> Xmm(this TestMachine m, int number) => m.Ymm(number).GetLower();

    public static void SetYmm(this TestMachine m, int number, Vector256<byte> value) => value.Store((byte*)m.State->Vector + (number * 32));

    /// <summary>Runs one instruction that must complete.</summary>
    public static void Step(this TestMachine m, Action<Iced.Intel.Assembler> program)
    {
        int length = m.Load(program, m.State->Rip);
        ulong next = m.State->Rip + (ulong)length;
        m.RunFully(1);
        m.State->Rip.ShouldBe(next);
    }

    /// <summary>Runs one instruction that must fault, and returns the vector.</summary>
    public static int Fault(this TestMachine m, Action<Iced.Intel.Assembler> program)
    {
        m.Load(program, m.State->Rip);
        VmExit exit = m.RunToExit(1);
        exit.Reason.ShouldBe(ExitReason.ExceptionOrNmi);
        return (int)(exit.InterruptionInformation & 0xFF);
    }
}
