using Iced.Intel;
using static ReplayVmm.Processor.SegmentAttribute;

namespace ReplayVmm.Processor.Tests;

/// <summary>
/// A processor on a little memory, for tests: RAM at 0, nothing above it. Code is assembled into it; each mode's constructor leaves the processor
/// at <see cref="CodeAddress"/>, at CPL 0, interrupts off. Virtual time runs in <see cref="Now"/>.
/// </summary>
internal sealed unsafe class TestMachine : IDisposable
{
    /// <summary>Where the code starts and what the stack pointer is.</summary>
    public const ulong CodeAddress = 0x1_0000, StackTop = 0x2_0000, DataAddress = 0x3_0000;
    /// <summary>Page tables of <see cref="Long"/>: an identity map of the first GiB by 4 KiB pages of the first 4 MiB and 2 MiB pages above.</summary>
    public const ulong TablesAddress = 0x10_0000;
    public const ulong RamSize = 8 << 20;

    private readonly HostMemory _ram = new(RamSize);
    public ulong Now;

    private TestMachine(CpuModel? model, int codeArena = 4 << 20)
    {
        Memory = new PhysicalMemory(codeArena);
        Memory.Map(0, RamSize, _ram.Address, MappingRights.Read | MappingRights.Write);
        Cpu = new Interpreter(Memory, model ?? DefaultModel);
        State->Gpr[4] = StackTop;
        State->Rip = CodeAddress;
        State->Rflags = Rflags.Fixed1;
        State->Cr0 = Cr0.Et | Cr0.Ne;
        State->Dr6 = 0xFFFF_0FF0;
        State->Dr7 = 0x400;
    }

    public static CpuModel DefaultModel { get; set; } = new() { Name = "test" };

    public PhysicalMemory Memory { get; }

    public Interpreter Cpu { get; private set; }

    public CpuState* State => Cpu.State;

    public byte* Ram => _ram.Address;

    /// <summary>64-bit mode over an identity map of 4 KiB pages, user-accessible as <paramref name="user"/> says.</summary>
    public static TestMachine Long(bool user = false, CpuModel? model = null, int codeArena = 4 << 20)
    {
        TestMachine m = new(model, codeArena);
        ulong rights = 3ul | (user ? 4ul : 0);
        m.WriteMemory(TablesAddress, TablesAddress + 0x1000 + rights);
        m.WriteMemory(TablesAddress + 0x1000, TablesAddress + 0x2000 + rights);
        for (ulong n = 0; n < 512; n++)
            m.WriteMemory(TablesAddress + 0x2000 + (n * 8), n < 2 ? TablesAddress + 0x3000 + (n << 12) + rights : (n << 21) | 0x80 | rights);
        for (ulong n = 0; n < 1024; n++)
            m.WriteMemory(TablesAddress + 0x3000 + (n * 8), (n << 12) | rights);
        m.State->Cr3 = TablesAddress;
        m.State->Cr0 |= Cr0.Pe | Cr0.Pg | Cr0.Wp;
        m.State->Cr4 = Cr4.Pae;
        m.State->Efer = Efer.Lme | Efer.Lma | Efer.Nxe;
        m.SetSegments(Present | CodeOrData | SegmentAttribute.Code | ReadWrite | Accessed | SegmentAttribute.Long | Granularity, uint.MaxValue, 8, 16);
        return m;
    }

    /// <summary>32-bit protected mode, flat, paging off.</summary>
    public static TestMachine Protected(CpuModel? model = null)
    {
        TestMachine m = new(model);
        m.State->Cr0 |= Cr0.Pe;
        m.SetSegments(Present | CodeOrData | SegmentAttribute.Code | ReadWrite | Accessed | Big | Granularity, uint.MaxValue, 8, 16);
        return m;
    }

    /// <summary>Real mode; CS is 1000h, so that IP 0 is <see cref="CodeAddress"/>; the other segments are 0.</summary>
    public static TestMachine Real(CpuModel? model = null)
    {
        TestMachine m = new(model);
        m.SetSegments(Present | CodeOrData | SegmentAttribute.Code | ReadWrite | Accessed, 0xFFFF, 0x1000, 0, Present | CodeOrData | ReadWrite | Accessed);
        m.State->SegmentBase[(int)SegmentIndex.Cs] = CodeAddress;
        m.State->Rip = 0;
        m.State->Gpr[4] = 0x8000;
        m.Cpu.StateChanged();
        return m;
    }

    /// <summary>
    /// Gives a <see cref="Long"/> machine a GDT (code 8, data 16) and an IDT whose gate n leads to <see cref="HandlerOf"/> n, where the tests put code.
    /// </summary>
    public void SetDescriptorTables()
    {
        const ulong gdt = 0x7000, idt = 0x6000;
        WriteMemory(gdt, 0ul);
        WriteMemory(gdt + 8, 0x00AF_9B00_0000_FFFFul);
        WriteMemory(gdt + 16, 0x00CF_9300_0000_FFFFul);
        for (int n = 0; n < 64; n++)
            LeadGate(n, HandlerOf(n));
        (State->GdtBase, State->GdtLimit, State->IdtBase, State->IdtLimit) = (gdt, 23, idt, 0x3FF);
    }

    /// <summary>Leads interrupt gate <paramref name="vector"/> to <paramref name="handler"/>; 0 makes it not present.</summary>
    public void LeadGate(int vector, ulong handler)
    {
        ulong at = 0x6000 + ((ulong)vector * 16);
        WriteMemory(at, (handler & 0xFFFF) | (8ul << 16) | ((handler == 0 ? 0x0E00ul : 0x8E00) << 32) | ((handler >> 16 & 0xFFFF) << 48));
        WriteMemory(at + 8, handler >> 32);
    }

    /// <summary>Where gate <paramref name="vector"/> leads to.</summary>
    public static ulong HandlerOf(int vector) => 0x4_0000 + ((ulong)vector * 64);

    /// <summary>Drops to CPL 3 (flat, without a change of address).</summary>
    public void EnterUser()
    {
        for (int n = 0; n < 6; n++)
        {
            State->SegmentAttributes[n] |= 3 << DplShift;
            State->SegmentSelector[n] |= 3;
        }
        Cpu.StateChanged();
    }

    /// <summary>Bytes of a program as it stands at <paramref name="address"/>.</summary>
    public static byte[] Assemble(int bits, ulong address, Action<Assembler> program)
    {
        Assembler assembler = new(bits);
        program(assembler);
        using MemoryStream stream = new();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    /// <summary>Assembles for the present mode and writes it to <paramref name="address"/>; returns its length.</summary>
    public int Load(Action<Assembler> program, ulong address = CodeAddress)
    {
        int bits = Cpu.Core->Mode.CodeBits;
        byte[] bytes = Assemble(bits, bits == 16 ? address - State->SegmentBase[(int)SegmentIndex.Cs] : address, program);
        Write(address, bytes);
        return bytes.Length;
    }

    public void Write(ulong address, params ReadOnlySpan<byte> bytes) => Memory.TryWrite(address, bytes).ShouldBeTrue();

    public void WriteMemory<T>(ulong address, T value) where T : unmanaged => Write(address, new ReadOnlySpan<byte>(&value, sizeof(T)));

    public T ReadMemory<T>(ulong address) where T : unmanaged
    {
        T value;
        Memory.TryRead(address, new Span<byte>(&value, sizeof(T))).ShouldBeTrue();
        return value;
    }

    /// <summary>Runs <paramref name="time"/> units more.</summary>
    public StopReason Run(ulong time) => Cpu.Run(ref Now, Now + time);

    /// <summary>Runs <paramref name="time"/> units and expects nothing to stop it earlier.</summary>
    public void RunFully(ulong time)
    {
        ulong end = Now + time;
        Run(time).ShouldBe(StopReason.LimitReached);
        Now.ShouldBe(end);
    }

    /// <summary>Runs until an exit and returns it.</summary>
    public VmExit RunToExit(ulong time = 100_000)
    {
        Run(time).ShouldBe(StopReason.VmExit);
        return Cpu.Exit;
    }

    /// <summary>Everything a checkpoint holds: CPU state, translation state and memory.</summary>
    public (byte[] Cpu, byte[] Translations, byte[] Ram) Save() =>
        (new ReadOnlySpan<byte>(State, sizeof(CpuState)).ToArray(), Cpu.TranslationState.ToArray(), new ReadOnlySpan<byte>(Ram, (int)RamSize).ToArray());

    /// <summary>Replaces the processor by a new one with the same state, all derived caches empty.</summary>
    public void ReplaceProcessor()
    {
        (byte[] cpu, byte[] translations, _) = Save();
        Cpu.Dispose();
        Cpu = new Interpreter(Memory, DefaultModel);
        cpu.CopyTo(new Span<byte>(State, sizeof(CpuState)));
        translations.CopyTo(Cpu.TranslationState);
        Cpu.StateChanged();
    }

    public void Dispose()
    {
        Cpu.Dispose();
        Memory.Dispose();
        _ram.Dispose();
    }

    private void SetSegments(uint code, uint limit, ushort codeSelector, ushort dataSelector, uint? data = null)
    {
        for (int n = 0; n < 6; n++)
        {
            bool isCode = n == (int)SegmentIndex.Cs;
            State->SegmentAttributes[n] = isCode ? code : data ?? (Present | CodeOrData | ReadWrite | Accessed | Big | Granularity);
            State->SegmentLimit[n] = limit;
            State->SegmentSelector[n] = isCode ? codeSelector : dataSelector;
        }
        Cpu.StateChanged();
    }
}
