using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ReplayVmm.Conformance;

/// <summary>
/// Page faults of instructions that use the stack: its pointer is as before, whatever was pushed or popped already. EBP shows it.
/// </summary>
internal static class PageFaultStacks
{
    private const ulong All = PagingForm.All, ReadOnly = 5, Absent = 0;

    /// <summary>The stack lies in the window; a fault at CPL 3 is handled on another.</summary>
    public static IEnumerable<Case> Rows(PagingForm form)
    {
        bool wide = form.Mode == 64;
        int slot = wide ? 8 : 4;
        // The stack grows from the second page, which is there, into the first, which is not.
        yield return Down(form, "PUSH into an absent page", 0, a => Push(a));
        yield return Down(form, "PUSH immediate into an absent page", 0, a => a.push(5));
        yield return Down(form, "PUSH across an absent and a present page", slot / 2, a => Push(a));
        yield return Down(form, "PUSHF into an absent page", 0, a => a.AddInstruction(Instruction.Create(wide ? Code.Pushfq : Code.Pushfd)));
        yield return Down(form, "CALL that pushes into an absent page", 0, a => a.call(a.@F));
        yield return Down(form, "ENTER whose frame pointer falls into an absent page", 0, a => a.enter(8, 0));
        yield return Down(form, "ENTER whose frame falls into an absent page", slot, a => a.enter(8, 0));
        yield return Down(form, "ENTER whose second level falls into an absent page", 2 * slot, a => a.enter(0, 2));
        yield return Down(form, "PUSH FS into an absent page", 0, a => a.push(fs));
        yield return Down(form, "far call that pushes into an absent page", 4, a => FarCall(a));
        yield return Down(form, "PUSH of memory that is absent too", 0, a => PushMemory(a, form.Target + 0x10));
        yield return Down(form, "PUSH of memory that is present", 0, a => PushMemory(a, form.Target + 0x1010));
        if (!wide)
        {
            yield return Down(form, "PUSHA half-way into an absent page", 16, a => a.pushad());
            yield return Down(form, "16-bit PUSHA half-way into an absent page", 6, a => a.pusha());
        }
        // From the first page, which is there, up into the second, which is not.
        yield return Up(form, "POP from an absent page", 0x1000, a => Pop(a));
        yield return Up(form, "POP across a present and an absent page", 0x1000 - (slot / 2), a => Pop(a));
        yield return Up(form, "POP into memory that is absent", 0xFF8, a => PopMemory(a, form.Target + 0x1010));
        yield return Up(form, "POP into memory addressed by the stack pointer, absent", 0x1000 - slot, a => PopBySelf(a));
        yield return Up(form, "POPF from an absent page", 0x1000, a => a.AddInstruction(Instruction.Create(wide ? Code.Popfq : Code.Popfd)));
        yield return Up(form, "RET from an absent page", 0x1000, a => a.ret());
        yield return Up(form, "RET that releases bytes, from an absent page", 0x1000, a => a.ret(0x20));
        yield return Up(form, "far return half-way from an absent page", 0x1000 - slot, a => a.AddInstruction(
            Instruction.Create(wide ? Code.Retfq : Code.Retfd)));
        yield return Up(form, "IRET half-way from an absent page", 0x1000 - (2 * slot), PagingProgram.InterruptReturn);
        yield return Up(form, "POP FS from an absent page", 0x1000, a => a.pop(fs));
        yield return Up(form, "LEAVE from an absent page", 0xF00, a =>
        {
            PagingProgram.Load(a, ebp, rbp, form.Target + 0x1000);
            a.leave();
        });
        if (!wide)
            yield return Up(form, "POPA half-way from an absent page", 0xFF0, a => a.popad());
        yield return PageFaultFamily.One(form, "PUSH into a read-only page", ReadOnly, All, a => OnStack(a, form.Target + 0x800, Push), user: true);
        yield return PageFaultFamily.One(form, "POP from a read-only page", ReadOnly, All, a => OnStack(a, form.Target, Pop), user: true);
        yield return PageFaultFamily.One(form, "CALL of an absent page", All, Absent, a => OnStack(a, form.Target + 0x800, CallAbsent), user: true);
        yield return PageFaultFamily.One(form, "RET to an absent page", All, All, a => OnStack(a, form.Target + 0x800, ReturnToAbsent), user: true);
    }

    private static Case Down(PagingForm form, string name, int into, Action<Assembler> push) =>
        PageFaultFamily.One(form, name, Absent, All, a => OnStack(a, form.Target + 0x1000 + (uint)into, push), user: true);

    private static Case Up(PagingForm form, string name, int from, Action<Assembler> pop) =>
        PageFaultFamily.One(form, name, All, Absent, a => OnStack(a, form.Target + (uint)from, pop), user: true);

    /// <summary>At CPL 3 the handler's frame shows the stack pointer.</summary>
    private static void OnStack(Assembler a, ulong stack, Action<Assembler> access)
    {
        PagingProgram.Load(a, esp, rsp, stack);
        access(a);
        a.AnonymousLabel();
        a.nop();
    }

    private static void Push(Assembler a)
    {
        if (a.Bitness == 64)
            a.push(rax);
        else
            a.push(eax);
    }

    private static void Pop(Assembler a)
    {
        if (a.Bitness == 64)
            a.pop(rcx);
        else
            a.pop(ecx);
    }

    private static void PushMemory(Assembler a, ulong address)
    {
        PagingProgram.Load(a, ebx, rbx, address);
        a.push(a.Bitness == 64 ? __qword_ptr[rbx] : __dword_ptr[ebx]);
    }

    private static void PopMemory(Assembler a, ulong address)
    {
        PagingProgram.Load(a, ebx, rbx, address);
        a.pop(a.Bitness == 64 ? __qword_ptr[rbx] : __dword_ptr[ebx]);
    }

    /// <summary>The address is computed after the pop has moved the pointer.</summary>
    private static void PopBySelf(Assembler a) => a.pop(a.Bitness == 64 ? __qword_ptr[rsp] : __dword_ptr[esp]);

    /// <summary>An indirect far call through a pointer on the stack's present page.</summary>
    private static void FarCall(Assembler a)
    {
        a.mov(__dword_ptr[PagingProgram.AtB(a, 0x1100)], PagingProgram.UserEntry);
        a.mov(__word_ptr[PagingProgram.AtB(a, 0x1104)], unchecked((short)Selectors.Code3));
        a.call(__fword_ptr[PagingProgram.AtB(a, 0x1100)]);
    }

    private static void CallAbsent(Assembler a)
    {
        if (a.Bitness == 64)
        {
            a.add(rbx, 0x1000);
            a.call(rbx);
        }
        else
        {
            a.add(ebx, 0x1000);
            a.call(ebx);
        }
    }

    private static void ReturnToAbsent(Assembler a)
    {
        a.push(0x6000_0000);
        a.ret();
    }
}
