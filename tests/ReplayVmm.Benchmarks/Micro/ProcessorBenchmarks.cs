using BenchmarkDotNet.Attributes;
using Iced.Intel;
using ReplayVmm.Processor;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Benchmarks;

/// <summary>The processor's pieces.</summary>
public unsafe class ProcessorBenchmarks : IDisposable
{
    private const int Instructions = 100_000, Blocks = 64, CodeBytes = 4096;
    private const int PerTouch = 4;
    private readonly MicroMachine straight = new(Straight), jumps = new(Jumps), hits = new(c => Touches(c, 64)), misses = new(c => Touches(c, 4096));
    private readonly HostMemory code = new(2 * CodeBytes);
    private readonly BlockCache cache = new(4 << 20);
    private readonly BlockBuilder builder;
    private int decoded;

    public ProcessorBenchmarks()
    {
        builder = new BlockBuilder(CpuModel.Default, cache);
        var assembler = new Assembler(64);
        Straight(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), 0);
        byte[] once = stream.ToArray();
        for (int at = 0; at < CodeBytes; at += once.Length)
            once.AsSpan(0, Math.Min(once.Length, CodeBytes - at)).CopyTo(new Span<byte>(code.Address + at, CodeBytes - at));
    }

    [Benchmark(Description = "an instruction of a straight block", OperationsPerInvoke = Instructions)]
    public void StraightCode() => straight.Run(Instructions);

    [Benchmark(Description = "a block of one jump", OperationsPerInvoke = Instructions)]
    public void BlockDispatch() => jumps.Run(Instructions);

    [Benchmark(Description = "a load and the three instructions around it, TLB hit", OperationsPerInvoke = Instructions / PerTouch)]
    public void TlbHit() => hits.Run(Instructions);

    [Benchmark(Description = "the same, TLB miss and a walk of three levels", OperationsPerInvoke = Instructions / PerTouch)]
    public void TlbMiss() => misses.Run(Instructions);

    /// <summary>Blocks are built one after the other through the page, at the same place in the arena.</summary>
    [Benchmark(Description = "decoding a page of code, 4 KiB")]
    public int Decode()
    {
        byte* at = code.Address;
        decoded = 0;
        while (at < code.Address + CodeBytes && builder.Build(at, new ModeKey(0b1_1010)) is var block && block != null)
        {
            decoded += block->Count;
            at += block->Bytes;
        }

        return decoded;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        straight.Dispose();
        jumps.Dispose();
        hits.Dispose();
        misses.Dispose();
        code.Dispose();
        cache.Dispose();
    }

    private static void Straight(Assembler c)
    {
        Label top = c.CreateLabel();
        c.Label(ref top);
        for (int i = 0; i < 8; i++)
        {
            c.add(rax, rbx);
            c.mov(__qword_ptr[rsp + 8], rax);
            c.xor(rdx, rax);
            c.lea(rsi, __[rax + rdx * 4 + 12]);
            c.mov(rcx, __qword_ptr[rsp + 8]);
            c.shl(rcx, 3);
            c.cmp(rcx, rdx);
        }

        c.jmp(top);
    }

    private static void Jumps(Assembler c)
    {
        Label top = c.CreateLabel();
        c.Label(ref top);
        for (int i = 0; i < Blocks; i++)
        {
            Label next = c.CreateLabel();
            c.jmp(next);
            c.Label(ref next);
        }

        c.jmp(top);
    }

    /// <summary>Reads one word of each of so many pages in turn.</summary>
    private static void Touches(Assembler c, uint pages)
    {
        Label top = c.CreateLabel();
        c.Label(ref top);
        c.mov(rax, __qword_ptr[rbx + (long)MicroMachine.DataAddress]);
        c.add(rbx, 4096);
        c.and(rbx, (int)((pages * 4096) - 1));
        c.jmp(top);
    }
}
