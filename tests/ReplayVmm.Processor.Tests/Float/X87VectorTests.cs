using System.Globalization;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Processor.Tests;

/// <summary>
/// x87 results against a processor of silicon: 3,000 operations on random and special operands under eight control words, results and status word, made by
/// <c>x87-vectors.c</c>. Columns: operation, control word, ST0, ST1, status word, what was stored to memory, ST0 afterwards.
/// </summary>
public sealed unsafe class X87VectorTests
{
    private const int FirstStore = 11;

    [Fact]
    public void Results_and_status_words_are_those_of_silicon()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Float", "x87-vectors.txt"));
        lines.Length.ShouldBe(3000);
        using TestMachine machine = TestMachine.Long();
        List<string> wrong = [];
        foreach (IGrouping<int, string[]> operation in lines.Select(l => l.Split(' ')).GroupBy(f => int.Parse(f[0], CultureInfo.InvariantCulture)))
        {
            ulong address = TestMachine.CodeAddress + ((ulong)operation.Key * 64);
            machine.Load(a => Emit(a, operation.Key), address);
            foreach (string[] f in operation)
            {
                string actual = Run(machine, address, f);
                string expected = string.Join(' ', f[6..]);
                if (actual != expected)
                    wrong.Add($"{string.Join(' ', f[..6])}: silicon {expected}, here {actual}");
            }
        }
        string.Join('\n', wrong.Take(20)).ShouldBe("");
    }

    private static void Emit(Assembler a, int operation)
    {
        switch (operation)
        {
            case 0: a.fadd(st0, st1); break;
            case 1: a.fsub(st0, st1); break;
            case 2: a.fmul(st0, st1); break;
            case 3: a.fdiv(st0, st1); break;
            case 4: a.fsubr(st0, st1); break;
            case 5: a.fdivr(st0, st1); break;
            case 6: a.fsqrt(); break;
            case 7: a.frndint(); break;
            case 8: a.fcom(st0, st1); break;
            case 9: a.fucom(st0, st1); break;
            case 10: a.fxam(); break;
            case 11: a.fst(__dword_ptr[rbx]); break;
            case 12: a.fst(__qword_ptr[rbx]); break;
            default: a.fist(__dword_ptr[rbx]); break;
        }
        a.nop();
    }

    private static string Run(TestMachine machine, ulong address, string[] f)
    {
        static ushort Word(string text) => ushort.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        static ulong Wide(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        const int Top = 6;
        CpuState* s = machine.State;
        s->Rip = address;
        s->Gpr[3] = TestMachine.DataAddress;
        (s->FpControl, s->FpStatus, s->FpTags) = (Word(f[1]), Top << 11, 0xC0);
        (s->FpSignExponent[Top], s->FpSignificand[Top]) = (Word(f[2]), Wide(f[3]));
        (s->FpSignExponent[Top + 1], s->FpSignificand[Top + 1]) = (Word(f[4]), Wide(f[5]));
        machine.Memory.TryWrite(TestMachine.DataAddress, new byte[8]).ShouldBeTrue();
        machine.Cpu.Run(ref machine.Now, machine.Now + 1).ShouldBe(StopReason.LimitReached);
        ushort status = s->FpStatus;
        Span<byte> stored = stackalloc byte[8];
        machine.Memory.TryRead(TestMachine.DataAddress, stored).ShouldBeTrue();
        ulong memory = int.Parse(f[0], CultureInfo.InvariantCulture) >= FirstStore ? BitConverter.ToUInt64(stored) : 0;
        return $"{status:x4} {memory:x16} {s->FpSignExponent[Top]:x4} {s->FpSignificand[Top]:x16}";
    }
}
