using System.Numerics;
using System.Runtime.CompilerServices;
using ReplayVmm.Events;

namespace ReplayVmm.Machine.Tests;

/// <summary>The benchmark guests (<c>tests/Guests/bench</c>), whose results this process works out for itself.</summary>
public sealed class BenchmarkGuestTests
{
    [Fact]
    public void The_port_loop_sums_what_the_serial_port_answers()
    {
        Log log = Run("port_exits-1.elf");
        log.Printed.ShouldBe($"hello\nport_exits r={50_000ul * 0x60:x16}\nDONE\n");
        log.Of(EventKind.PortRead).Count().ShouldBe(50_000);
    }

    [Fact]
    public void The_sieve_counts_the_primes_below_a_million()
    {
        const int Limit = 1 << 20, Rounds = 2;
        bool[] composite = new bool[Limit];
        for (int i = 2; i < 1024; i++)
        {
            for (int j = i * i; j < Limit && !composite[i]; j += i)
                composite[j] = true;
        }
        int primes = Enumerable.Range(2, Limit - 2).Count(i => !composite[i]);
        Run("sieve-1.elf").Printed.ShouldBe($"hello\nsieve r={primes * Rounds:x16}\nDONE\n");
    }

    [Fact]
    public void The_arithmetic_loop_agrees_with_this_processor()
    {
        ulong a = 1, b = 2, d = 3;
        for (int n = 0; n < 20_000_000; n++)
        {
            a += b;
            d ^= a;
            b = BitOperations.RotateLeft(b, 3) + 7;
        }
        Run("arithmetic-1.elf").Printed.ShouldBe($"hello\narithmetic r={a ^ b ^ d:x16}\nDONE\n");
    }

    private static Log Run(string name)
    {
        string file = Path.Combine(Root(), "artifacts", "guests", name);
        if (!File.Exists(file))
            Assert.Skip($"artifacts/guests/{name} is missing: run eng/guests");
        const ulong Memory = 16 << 20;
        BootPlan plan = BootLoader.Multiboot(new BootImage(name, File.ReadAllBytes(file)), [], "", Memory);
        var log = new Log();
        using var machine = new VirtualMachine(Guest.Manifest(plan, Memory), plan.Images, new Script(), log);
        RunResult result = machine.Run();
        (result.Reason, result.Code).ShouldBe((EndReason.GuestExit, 1u));
        machine.State.DescribeDifference(log.Fold).ShouldBeNull();
        return log;
    }

    private static string Root([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", ".."));
}
