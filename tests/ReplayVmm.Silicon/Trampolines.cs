using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Silicon;

/// <summary>
/// The generated code: load all registers and flags, execute, store all registers and flags. Nothing but moves stands between the loads and the instruction, so flags
/// arrive untouched; all addresses are absolute, so no register is needed for them.
/// </summary>
internal static unsafe class Trampolines
{
    private const int UserCode32 = 0x23, UserCode64 = 0x33, UserData = 0x2B;
    private static readonly AssemblerRegister64[] Wide = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
    private static readonly AssemblerRegister32[] Narrow = [eax, ecx, edx, ebx, esp, ebp, esi, edi];
    /// <summary>A small stack in the context page for pushing and popping flags in compatibility mode.</summary>
    private const ulong SmallStack = Layout.Context + 0xFF0;

    public static ulong Enter64, Exit64, Enter32, Exit32, Handler;

    /// <summary>Writes the code; <paramref name="context"/> is <see cref="Layout.Context"/>.</summary>
    public static void Write(SiliconContext* context)
    {
        ulong before = Layout.Context, after = (ulong)&context->After;
        ulong at = Layout.Trampolines;

        Enter64 = at;
        at = Emit(64, at, a =>
        {
            Save(a, context);
            a.push(__qword_ptr[(ulong)&context->Before.Rflags]);
            a.popfq();
            for (int r = 0; r < 16; r++)
            {
                if (r != 4)
                    a.mov(Wide[r], __qword_ptr[before + (ulong)(r * 8)]);
            }
            a.mov(rsp, __qword_ptr[before + 32]);
            a.jmp(Layout.Instruction);
        });
        Exit64 = at;
        at = Emit(64, at, a =>
        {
            for (int r = 0; r < 16; r++)
                a.mov(__qword_ptr[after + (ulong)(r * 8)], Wide[r]);
            a.mov(rsp, __qword_ptr[(ulong)&context->HostStack]);
            a.pushfq();
            a.pop(__qword_ptr[(ulong)&context->After.Rflags]);
            Restore(a);
        });

        Enter32 = at;
        at = Emit(64, at, a =>
        {
            Save(a, context);
            a.mov(eax, UserData);
            a.mov(ds, eax);
            a.mov(es, eax);
            a.jmp(__fword_ptr[(ulong)&context->FarTo32]);
        });
        ulong landing32 = at;
        at = Emit(32, at, a =>
        {
            a.mov(esp, (uint)SmallStack);
            a.push(__dword_ptr[(uint)(ulong)&context->Before.Rflags]);
            a.popfd();
            for (int r = 0; r < 8; r++)
            {
                if (r != 4)
                    a.mov(Narrow[r], __dword_ptr[(uint)before + (uint)(r * 8)]);
            }
            a.mov(esp, __dword_ptr[(uint)before + 32]);
            a.jmp(Layout.Instruction);
        });
        Exit32 = at;
        at = Emit(32, at, a =>
        {
            for (int r = 0; r < 8; r++)
                a.mov(__dword_ptr[(uint)after + (uint)(r * 8)], Narrow[r]);
            a.mov(esp, (uint)SmallStack);
            a.pushfd();
            a.pop(__dword_ptr[(uint)(ulong)&context->After.Rflags]);
            a.jmp(__fword_ptr[(uint)(ulong)&context->FarTo64]);
        });
        ulong landing64 = at;
        at = Emit(64, at, a =>
        {
            a.mov(rsp, __qword_ptr[(ulong)&context->HostStack]);
            Restore(a);
        });
        context->FarTo32 = landing32 | ((ulong)UserCode32 << 32);
        context->FarTo64 = landing64 | ((ulong)UserCode64 << 32);

        // handler(signal, siginfo, ucontext): offsets into the general registers of mcontext (R8 first, at 40): RIP 168, ERR 192, TRAPNO 200, CR2 216.
        Handler = at;
        at = Emit(64, at, a =>
        {
            a.movsxd(rdi, edi);
            a.mov(__qword_ptr[(ulong)&context->Signal], rdi);
            a.mov(rax, __qword_ptr[rdx + 200]);
            a.mov(__qword_ptr[(ulong)&context->Vector], rax);
            a.mov(rax, __qword_ptr[rdx + 192]);
            a.mov(__qword_ptr[(ulong)&context->ErrorCode], rax);
            a.mov(rax, __qword_ptr[rdx + 216]);
            a.mov(__qword_ptr[(ulong)&context->FaultAddress], rax);
            a.mov(rax, __qword_ptr[rdx + 168]);
            a.mov(__qword_ptr[(ulong)&context->Rip], rax);
            a.mov(rax, __qword_ptr[(ulong)&context->Exit]);
            a.mov(__qword_ptr[rdx + 168], rax);
            a.ret();
        });
        if (at > Layout.Trampolines + 0x1000)
            throw new InvalidOperationException("the trampolines do not fit their page");
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
