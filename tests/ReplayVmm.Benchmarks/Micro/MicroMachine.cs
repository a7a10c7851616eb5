using Iced.Intel;
using ReplayVmm.Processor;
using static ReplayVmm.Processor.SegmentAttribute;

namespace ReplayVmm.Benchmarks;

/// <summary>A bare processor in 64-bit mode over an identity map by 2 MiB pages, in an endless loop.</summary>
// SAFETY: writes page tables and code into host memory that it owns, below its size.
internal sealed unsafe class MicroMachine : IDisposable
{
    /// <summary>Where the loop begins.</summary>
    public const ulong CodeAddress = 0x1_0000;

    /// <summary>Memory from here to <see cref="Size"/> is the loop's own.</summary>
    public const ulong DataAddress = 0x100_0000;

    /// <summary>Bytes of memory.</summary>
    public const ulong Size = 0x200_0000;

    private const ulong Tables = 0x2_0000, Rights = 3, LargePage = 0x80;
    private readonly HostMemory ram = new(Size);
    private readonly PhysicalMemory memory = new();
    private readonly Interpreter processor;
    private ulong now;

    /// <summary>Assembles <paramref name="loop"/>, which must not end.</summary>
    public MicroMachine(Action<Assembler> loop)
    {
        memory.Map(0, Size, ram.Address, MappingRights.Read | MappingRights.Write);
        processor = new Interpreter(memory, CpuModel.Default);
        Write(Tables, Tables + 0x1000 + Rights);
        Write(Tables + 0x1000, Tables + 0x2000 + Rights);
        for (ulong n = 0; n < Size >> 21; n++)
            Write(Tables + 0x2000 + (n * 8), (n << 21) | LargePage | Rights);
        CpuState* s = processor.State;
        s->Rip = CodeAddress;
        s->Rflags = Rflags.Fixed1;
        s->Cr3 = Tables;
        s->Cr0 = Cr0.Pe | Cr0.Pg | Cr0.Et;
        s->Cr4 = Cr4.Pae;
        s->Efer = Efer.Lme | Efer.Lma;
        s->Gpr[4] = DataAddress;
        for (int n = 0; n < 6; n++)
        {
            bool code = n == (int)SegmentIndex.Cs;
            s->SegmentLimit[n] = uint.MaxValue;
            s->SegmentAttributes[n] = Present | CodeOrData | ReadWrite | Accessed | Granularity | (code ? SegmentAttribute.Code | Long : Big);
        }

        var assembler = new Assembler(64);
        loop(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), CodeAddress);
        stream.ToArray().CopyTo(new Span<byte>(ram.Address + CodeAddress, (int)(Tables - CodeAddress)));
        processor.StateChanged();
    }

    /// <summary>Runs so many instructions.</summary>
    public void Run(ulong instructions)
    {
        ulong limit = now + instructions;
        if (processor.Run(ref now, limit) != StopReason.LimitReached)
            throw new BenchException($"the loop stopped: {processor.Exit.Reason}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        processor.Dispose();
        memory.Dispose();
        ram.Dispose();
    }

    private void Write(ulong address, ulong value) => *(ulong*)(ram.Address + address) = value;
}
