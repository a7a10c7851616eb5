using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Machine.Tests;

/// <summary>
/// A guest for several processors: INIT-SIPI-SIPI, a spinlock, interprocessor interrupts to everybody, by identifier and to logical sets,
/// an NMI, a TLB shootdown and code that one processor changes and others run. It counts what it did at <see cref="Counters"/> and ends with
/// isa-debug-exit.
/// </summary>
internal static class SmpGuest
{
    /// <summary>Where the counters stand: a dword each, in the order of <see cref="Counter"/>.</summary>
    public const ulong Counters = 0x3_0000;

    /// <summary>Guest memory in bytes.</summary>
    public const ulong Memory = 2 << 20;

    /// <summary>Times that each processor takes the lock.</summary>
    public const int Rounds = 500;

    /// <summary>Interrupts to everybody else, and the same again to each by its identifier and by its logical set.</summary>
    public const int Broadcasts = 10;

    /// <summary>Versions of the changing function.</summary>
    public const int Versions = 12;

    private const int Image = 0x8000, Trampoline = 0x8000, Main = 0x9000, Other = 0xA000, Work = 0xA400, Idt = 0xA800, Handlers = 0xB000,
        Changing = 0xB800, IdtPointer = 0xB900, End = 0xC000;
    private const int Gdt = 0x9FE00, Directory = 0x40000, Table = 0x41000, FirstPage = 0x42000, SecondPage = 0x43000, Window = 0x40_0000;
    private const long Apic = 0xFEE0_0000, CommandLow = Apic + 0x300, CommandHigh = Apic + 0x310;
    private const byte Nmi = 2, Count = 0x40, Flush = 0x41, Call = 0x42;

    /// <summary>What is counted.</summary>
    public enum Counter
    {
        Online,
        Lock,
        Locked,
        Atomic,
        Done,
        Interrupts,
        Stale,
        Fresh,
        Sum,
        Called,
        Nmis,
    }

    /// <summary>The plan of a machine with <paramref name="vcpus"/> processors.</summary>
    public static BootPlan Plan(int vcpus)
    {
        byte[] image = new byte[End - Image];
        void Put(int address, Action<Assembler> program)
        {
            var assembler = new Assembler(32);
            program(assembler);
            using var stream = new MemoryStream();
            assembler.Assemble(new StreamCodeWriter(stream), (ulong)address);
            stream.ToArray().CopyTo(image, address - Image);
        }

        PutTrampoline(image.AsSpan(0, 0x40));
        Put(Main, a => BootProcessor(a, vcpus));
        Put(Other, OtherProcessor);
        Put(Work, TakeTheLock);
        Put(Handlers, a => Handler(a, () => Increment(a, Counter.Interrupts)));
        Put(Handlers + 0x100, a => Handler(a, () => FlushWindow(a)));
        Put(Handlers + 0x200, a => Handler(a, () => CallChanging(a)));
        Put(Handlers + 0x300, a =>
        {
            Increment(a, Counter.Nmis);
            a.iretd();
        });
        Put(Changing, a =>
        {
            a.mov(eax, 0);
            a.ret();
        });
        (byte Vector, int Address)[] gates = [(Nmi, Handlers + 0x300), (Count, Handlers), (Flush, Handlers + 0x100), (Call, Handlers + 0x200)];
        foreach ((byte vector, int address) in gates)
        {
            Span<byte> gate = image.AsSpan(Idt - Image + (8 * vector), 8);
            BinaryPrimitives.WriteUInt32LittleEndian(gate, (uint)((0x10 << 16) | (address & 0xFFFF)));
            BinaryPrimitives.WriteUInt32LittleEndian(gate[4..], (uint)((address & ~0xFFFF) | 0x8E00));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(IdtPointer - Image), (8 * (Call + 1)) - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(IdtPointer - Image + 2), Idt);
        return BootLoader.Flat(new BootImage("smp", image), Image, Main, 32, Memory, new PlatformShape(vcpus));
    }

    /// <summary>The manifest of <see cref="Plan"/>.</summary>
    public static MachineManifest Manifest(BootPlan plan, int vcpus) => new()
    {
        MemoryBytes = Memory,
        Vcpus = vcpus,
        CpuModel = "x86-64-v3",
        WallClockStart = 1_700_000_000,
        Boot = plan.Boot,
        Quantum = 10_000,
        DigestEveryNanoseconds = 20_000,
        DigestNanosecondsPerPage = 0,
        ReplayVmmVersion = "test",
        RuntimeVersion = "test",
    };

    /// <summary>What the counters must be in the end.</summary>
    public static int Expected(Counter counter, int vcpus)
    {
        int others = vcpus - 1;
        return counter switch
        {
            Counter.Online or Counter.Done => vcpus,
            Counter.Locked or Counter.Atomic => vcpus * Rounds,
            Counter.Interrupts => others * Broadcasts * 3,
            Counter.Stale => others * 0x11,
            Counter.Fresh => others * 0x22,
            Counter.Called => others * Versions,
            Counter.Sum => others * (Versions * (Versions + 1) / 2),
            Counter.Nmis => others,
            _ => 0,
        };
    }

    private static AssemblerMemoryOperand At(Counter counter) => __dword_ptr[(long)Counters + (4 * (long)counter)];

    private static void Increment(Assembler a, Counter counter) => a.@lock.inc(At(counter));

    /// <summary>16-bit: loads the boot table that the firmware left and jumps to the 32-bit code.</summary>
    private static void PutTrampoline(Span<byte> code)
    {
        const int Pointer = 0x30;
        byte[] bytes =
        [
            0xFA,                                       // cli
            0x2E, 0x66, 0x0F, 0x01, 0x16, Pointer, 0,   // lgdt cs:[Pointer]
            0x0F, 0x20, 0xC0, 0x0C, 0x01,               // mov eax, cr0; or al, 1
            0x0F, 0x22, 0xC0,                           // mov cr0, eax
            0x66, 0xEA, Other & 0xFF, Other >> 8, 0, 0, 0x10, 0,
        ];
        bytes.CopyTo(code);
        BinaryPrimitives.WriteUInt16LittleEndian(code[Pointer..], 39);
        BinaryPrimitives.WriteUInt32LittleEndian(code[(Pointer + 2)..], Gdt);
    }

    /// <summary>Segments, paging, interrupt table, a stack of its own, the APIC with a logical identifier: one bit a processor.</summary>
    private static void Prepare(Assembler a)
    {
        a.mov(ax, 0x18);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(eax, Directory);
        a.mov(cr3, eax);
        a.mov(eax, cr4);
        a.or(eax, 0x10);
        a.mov(cr4, eax);
        a.mov(eax, cr0);
        a.or(eax, unchecked((int)0x8000_0000));
        a.mov(cr0, eax);
        a.lidt(__[IdtPointer]);
        a.mov(ecx, __dword_ptr[Apic + 0x20]);
        a.shr(ecx, 24);
        a.mov(eax, ecx);
        a.shl(eax, 12);
        a.add(eax, 0x2_1000);
        a.mov(esp, eax);
        a.mov(__dword_ptr[Apic + 0xF0], 0x1FF);
        a.mov(eax, 0x0100_0000);
        a.shl(eax, cl);
        a.mov(__dword_ptr[Apic + 0xD0], eax);
    }

    private static void WaitFor(Assembler a, Counter counter, int value)
    {
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.pause();
        a.cmp(At(counter), value);
        a.jne(wait);
    }

    private static void BootProcessor(Assembler a, int vcpus)
    {
        (long At, int Value)[] tables =
        [
            (Directory, 0x83), (Directory + 4, Table | 3), (Directory + (0x3FB * 4), unchecked((int)0xFEC0_0083)), (Table, FirstPage | 3),
            (FirstPage, 0x11), (SecondPage, 0x22),
        ];
        foreach ((long at, int value) in tables)
            a.mov(__dword_ptr[at], value);
        Prepare(a);
        Increment(a, Counter.Online);
        if (vcpus > 1)
        {
            a.mov(__dword_ptr[CommandLow], 0xC_4500);
            a.mov(__dword_ptr[CommandLow], 0xC_4600 | (Trampoline >> 12));
            a.mov(__dword_ptr[CommandLow], 0xC_4600 | (Trampoline >> 12));
        }

        WaitFor(a, Counter.Online, vcpus);
        a.mov(eax, Work);
        a.call(eax);
        WaitFor(a, Counter.Done, vcpus);
        if (vcpus > 1)
        {
            SendInterrupts(a, vcpus);
            ShootDown(a, vcpus);
            ChangeCode(a, vcpus);
            a.mov(__dword_ptr[CommandLow], 0xC_4400);
            WaitFor(a, Counter.Nmis, vcpus - 1);
        }

        a.mov(al, 0x21);
        a.@out(0xF4, al);
        a.hlt();
    }

    private static void SendInterrupts(Assembler a, int vcpus)
    {
        int expected = 0;
        for (int i = 0; i < Broadcasts; i++)
        {
            a.mov(__dword_ptr[CommandLow], 0xC_4000 | Count);
            WaitFor(a, Counter.Interrupts, expected += vcpus - 1);
            for (int n = 1; n < vcpus; n++)
            {
                a.mov(__dword_ptr[CommandHigh], n << 24);
                a.mov(__dword_ptr[CommandLow], 0x4000 | Count);
            }

            WaitFor(a, Counter.Interrupts, expected += vcpus - 1);
            a.mov(__dword_ptr[CommandHigh], (((1 << vcpus) - 1) & ~1) << 24);
            a.mov(__dword_ptr[CommandLow], 0x4800 | Count);
            WaitFor(a, Counter.Interrupts, expected += vcpus - 1);
        }
    }

    /// <summary>The window's translation is changed; the others have the old one in their TLBs until they are told.</summary>
    private static void ShootDown(Assembler a, int vcpus)
    {
        a.mov(__dword_ptr[(long)Table], SecondPage | 3);
        a.mov(__dword_ptr[CommandLow], 0xC_4000 | Flush);
        WaitFor(a, Counter.Fresh, (vcpus - 1) * 0x22);
    }

    private static void ChangeCode(Assembler a, int vcpus)
    {
        for (int version = 1; version <= Versions; version++)
        {
            a.mov(__dword_ptr[(long)Changing + 1], version);
            a.mov(__dword_ptr[CommandLow], 0xC_4000 | Call);
            WaitFor(a, Counter.Called, (vcpus - 1) * version);
        }
    }

    private static void OtherProcessor(Assembler a)
    {
        Prepare(a);
        a.mov(eax, __dword_ptr[(long)Window]);
        Increment(a, Counter.Online);
        a.mov(eax, Work);
        a.call(eax);
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.sti();
        a.hlt();
        a.jmp(wait);
    }

    /// <summary>A spinlock with XCHG around a count that is not atomic, and one with LOCK XADD beside it.</summary>
    private static void TakeTheLock(Assembler a)
    {
        Label acquire = a.CreateLabel(), entered = a.CreateLabel();
        a.mov(esi, Rounds);
        a.Label(ref acquire);
        a.mov(eax, 1);
        a.xchg(At(Counter.Lock), eax);
        a.test(eax, eax);
        a.je(entered);
        a.pause();
        a.jmp(acquire);
        a.Label(ref entered);
        a.mov(ebx, At(Counter.Locked));
        // Rounds of many lengths, so that turns also end inside the lock.
        a.mov(ecx, esi);
        a.and(ecx, 63);
        a.inc(ecx);
        Label delay = a.CreateLabel();
        a.Label(ref delay);
        a.loop(delay);
        a.inc(ebx);
        a.mov(At(Counter.Locked), ebx);
        a.mov(At(Counter.Lock), 0);
        a.mov(eax, 1);
        a.@lock.xadd(At(Counter.Atomic), eax);
        a.dec(esi);
        a.jne(acquire);
        Increment(a, Counter.Done);
        a.ret();
    }

    private static void Handler(Assembler a, Action body)
    {
        a.push(eax);
        a.push(ebx);
        body();
        a.mov(__dword_ptr[Apic + 0xB0], 0);
        a.pop(ebx);
        a.pop(eax);
        a.iretd();
    }

    private static void FlushWindow(Assembler a)
    {
        a.mov(eax, __dword_ptr[(long)Window]);
        a.@lock.add(At(Counter.Stale), eax);
        a.invlpg(__[(long)Window]);
        a.mov(eax, __dword_ptr[(long)Window]);
        a.@lock.add(At(Counter.Fresh), eax);
    }

    private static void CallChanging(Assembler a)
    {
        a.mov(ebx, Changing);
        a.call(ebx);
        a.@lock.add(At(Counter.Sum), eax);
        Increment(a, Counter.Called);
    }
}
