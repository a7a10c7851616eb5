using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Silicon;

/// <summary>
/// The generated code: load all registers and flags, execute, store all registers and flags. Nothing but moves stands between the loads and the
/// instruction, so flags arrive untouched; all addresses are absolute, so no register is needed for them. Whatever the mode of the instruction, the way back leads straight into 64-bit
/// code, where no segment register matters.
/// </summary>
internal static unsafe class Trampolines
{
    private const int Es = 0, Ss = 2, Ds = 3, Fs = 4, Gs = 5;
    private static readonly AssemblerRegister64[] Wide = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
    private static readonly AssemblerRegister32[] Narrow = [eax, ecx, edx, ebx, esp, ebp, esi, edi];
    private static readonly AssemblerRegisterSegment[] Segments = [es, cs, ss, ds, fs, gs];
    /// <summary>A small stack in the context page for popping flags in compatibility mode.</summary>
    private const ulong SmallStack = Layout.Context + 0xFF0;

    /// <summary>The ways for instructions on general registers, and those that load and store vector registers besides.</summary>
    public static TrampolineSet Plain, Vectors;
    /// <summary>The signal handler.</summary>
    public static ulong Handler;

    /// <summary>Writes the code; <paramref name="context"/> is <see cref="Layout.Context"/>.</summary>
    public static void Write(SiliconContext* context, bool basesAccessible, bool hasAvx)
    {
        ulong at = Layout.Trampolines, narrow;
        narrow = at;
        at = Emit(32, at, a => LoadNarrow(a, context));
        context->FarToNarrow = narrow | ((ulong)SegmentTable.UserCode32 << 32);
        Plain = WriteSet(ref at, context, basesAccessible, new VectorTrampolines(context, hasAvx, isActive: false));
        Vectors = WriteSet(ref at, context, basesAccessible, new VectorTrampolines(context, hasAvx, isActive: true));
        Handler = at;
        at = Emit(64, at, a => WriteHandler(a, context));
        if (at > Layout.Trampolines + Layout.TrampolinesSize)
            throw new InvalidOperationException("the trampolines do not fit their pages");
    }

    private static TrampolineSet WriteSet(ref ulong at, SiliconContext* context, bool basesAccessible, VectorTrampolines vectors)
    {
        ulong enterPlain = at;
        at = Emit(64, at, a =>
        {
            Save(a, context);
            vectors.Load(a);
            LoadWide(a, context);
        });
        ulong enterSegments = at;
        at = Emit(64, at, a =>
        {
            Save(a, context);
            vectors.Load(a);
            foreach (int segment in (int[])[Es, Ds, Fs, Gs])
                a.mov(Segments[segment], __word_ptr[Selector(&context->Before, segment)]);
            SetBase(a, (ulong)&context->Before.GsBase, isFs: false, basesAccessible);
            SetBase(a, (ulong)&context->Before.FsBase, isFs: true, basesAccessible);
            LoadWide(a, context);
        });
        ulong enterNarrow = at;
        at = Emit(64, at, a =>
        {
            Save(a, context);
            vectors.Load(a);
            a.jmp(__fword_ptr[(ulong)&context->FarToNarrow]);
        });
        ulong exitPlain = at;
        at = Emit(64, at, a =>
        {
            StoreWide(a, context);
            vectors.Store(a);
            Restore(a);
        });
        ulong exitSegments = at;
        at = Emit(64, at, a =>
        {
            // Another base of FS is no matter until here: nothing but this code and the kernel has run.
            StoreWide(a, context);
            vectors.Store(a);
            foreach (int segment in (int[])[Es, Ss, Ds, Fs, Gs])
                a.mov(__word_ptr[Selector(&context->After, segment)], Segments[segment]);
            if (basesAccessible)
            {
                a.rdfsbase(rax);
                a.mov(__qword_ptr[(ulong)&context->After.FsBase], rax);
                a.rdgsbase(rax);
                a.mov(__qword_ptr[(ulong)&context->After.GsBase], rax);
            }
            a.mov(eax, (uint)SegmentTable.UserData);
            a.mov(ss, eax);
            a.xor(eax, eax);
            foreach (int segment in (int[])[Es, Ds, Fs, Gs])
                a.mov(Segments[segment], eax);
            SetBase(a, (ulong)&context->HostGsBase, isFs: false, basesAccessible);
            SetBase(a, (ulong)&context->HostFsBase, isFs: true, basesAccessible);
            Restore(a);
        });
        return new TrampolineSet(enterPlain, enterSegments, enterNarrow, exitPlain, exitSegments);
    }

    /// <summary>
    /// handler(signal, siginfo, ucontext): offsets into the general registers of mcontext (R8 first, at 40): RIP 168, EFL 176, CSGSFS 184, ERR 192, TRAPNO 200,
    /// CR2 216.
    /// </summary>
    private static void WriteHandler(Assembler a, SiliconContext* context)
    {
        a.movsxd(rdi, edi);
        a.mov(__qword_ptr[(ulong)&context->Signal], rdi);
        foreach ((int from, ulong to) in (ReadOnlySpan<(int, ulong)>)[
            (200, (ulong)&context->Vector), (192, (ulong)&context->ErrorCode), (216, (ulong)&context->FaultAddress), (168, (ulong)&context->Rip),
            (176, (ulong)&context->FaultFlags), (184, (ulong)&context->FaultSelectors)])
        {
            a.mov(rax, __qword_ptr[rdx + from]);
            a.mov(__qword_ptr[to], rax);
        }
        a.mov(rax, __qword_ptr[(ulong)&context->Exit]);
        a.mov(__qword_ptr[rdx + 168], rax);
        // Where POPF set TF, the trap came behind the instruction; the way back is not traced.
        a.and(__dword_ptr[rdx + 176], ~0x100);
        a.mov(__word_ptr[rdx + 184], (int)SegmentTable.UserCode64);
        a.mov(__word_ptr[rdx + 190], (int)SegmentTable.UserData);
        a.ret();
    }

    private static void LoadWide(Assembler a, SiliconContext* context)
    {
        a.push(__qword_ptr[(ulong)&context->Before.Rflags]);
        a.popfq();
        for (int r = 0; r < 16; r++)
        {
            if (r != 4)
                a.mov(Wide[r], __qword_ptr[(ulong)&context->Before + (ulong)(r * 8)]);
        }
        a.mov(rsp, __qword_ptr[(ulong)&context->Before + 32]);
        a.jmp(__qword_ptr[(ulong)&context->Target]);
    }

    /// <summary>Everything is read through CS, which is flat, so that the data segments can be loaded in any order.</summary>
    private static void LoadNarrow(Assembler a, SiliconContext* context)
    {
        a.mov(ss, __word_ptr.cs[(uint)(ulong)&context->FlatData]);
        a.mov(esp, (uint)SmallStack);
        a.push(__dword_ptr.cs[(uint)(ulong)&context->Before.Rflags]);
        a.popfd();
        foreach (int segment in (int[])[Es, Ds, Fs, Gs])
            a.mov(Segments[segment], __word_ptr.cs[(uint)Selector(&context->Before, segment)]);
        for (int r = 0; r < 8; r++)
        {
            if (r != 4)
                a.mov(Narrow[r], __dword_ptr.cs[(uint)(ulong)&context->Before + (uint)(r * 8)]);
        }
        a.mov(ss, __word_ptr.cs[(uint)Selector(&context->Before, Ss)]);
        a.mov(esp, __dword_ptr.cs[(uint)(ulong)&context->Before + 32]);
        a.jmp(__fword_ptr.cs[(uint)(ulong)&context->Target]);
    }

    private static void StoreWide(Assembler a, SiliconContext* context)
    {
        for (int r = 0; r < 16; r++)
            a.mov(__qword_ptr[(ulong)&context->After + (ulong)(r * 8)], Wide[r]);
        a.mov(rsp, __qword_ptr[(ulong)&context->HostStack]);
        a.pushfq();
        a.pop(__qword_ptr[(ulong)&context->After.Rflags]);
    }

    private static void SetBase(Assembler a, ulong value, bool isFs, bool basesAccessible)
    {
        if (!basesAccessible)
        {
            a.mov(eax, (uint)Native.ArchPrctl);
            a.mov(edi, (uint)(isFs ? Native.ArchSetFs : Native.ArchSetGs));
            a.mov(rsi, __qword_ptr[value]);
            a.syscall();
            return;
        }
        a.mov(rax, __qword_ptr[value]);
        if (isFs)
            a.wrfsbase(rax);
        else
            a.wrgsbase(rax);
    }

    private static void Save(Assembler a, SiliconContext* context)
    {
        a.push(rbx);
        a.push(rbp);
        a.push(r12);
        a.push(r13);
        a.push(r14);
        a.push(r15);
        a.pushfq();
        a.mov(__qword_ptr[(ulong)&context->HostStack], rsp);
    }

    /// <summary>The host's flags come back here: DF, AC, TF and the rest.</summary>
    private static void Restore(Assembler a)
    {
        a.popfq();
        a.pop(r15);
        a.pop(r14);
        a.pop(r13);
        a.pop(r12);
        a.pop(rbp);
        a.pop(rbx);
        a.ret();
    }

    private static ulong Selector(SiliconRegisters* registers, int segment) => (ulong)&registers->Selectors[segment];

    private static ulong Emit(int bits, ulong at, Action<Assembler> write)
    {
        var assembler = new Assembler(bits);
        write(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        stream.ToArray().CopyTo(new Span<byte>((void*)at, (int)stream.Length));
        return (at + (ulong)stream.Length + 15) & ~15ul;
    }
}
