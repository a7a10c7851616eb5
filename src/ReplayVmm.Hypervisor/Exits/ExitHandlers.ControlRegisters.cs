using System.Buffers.Binary;
using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>Control register accesses (SDM table 28-3 and volume 3, 2.5).</summary>
public static partial class ExitHandlers
{
    private const int MovTo = 0, MovFrom = 1, Clts = 2, Lmsw = 3;

    /// <summary>Bits 3:0 register, 5:4 kind of access, 11:8 general register, 31:16 LMSW's source.</summary>
    private static void ControlRegisterAccess(in ExitContext context)
    {
        ulong qualification = context.Exit.Qualification;
        var register = (RecordedRegister)(qualification & 15);
        switch ((int)(qualification >> 4) & 3)
        {
            case MovFrom:
                context.Exited(context.Answers.Register(register == RecordedRegister.Cr8 ? GuestRegister.Cr8 : GuestRegister.Cr3));
                break;
            case Clts or Lmsw:
                // The processor has put the value together that CR0 would take.
                MovToControlRegister(context, RecordedRegister.Cr0, context.Exit.Data);
                break;
            default:
                MovToControlRegister(context, register, context.Exit.Data);
                break;
        }
    }

    private static void MovToControlRegister(in ExitContext context, RecordedRegister register, ulong value)
    {
        switch (register)
        {
            case RecordedRegister.Cr0:
                ulong cr0 = ControlRegisterRules.EffectiveCr0(value);
                Write(context, register, context.Vcpu.Cr0, cr0, Cr0IsValid(context, cr0));
                break;
            case RecordedRegister.Cr4:
                Write(context, register, context.Vcpu.Cr4, value, Cr4IsValid(context, value));
                break;
            case RecordedRegister.Cr8:
                Write(context, register, context.Answers.Register(GuestRegister.Cr8), value, ControlRegisterRules.IsLegalCr8(value));
                break;
            default:
                // CR3: the controls do not let it exit, and another monitor's would put it in force as it is.
                context.Exited(value);
                break;
        }
    }

    private static void Write(in ExitContext context, RecordedRegister register, ulong old, ulong value, bool allowed) =>
        context.Events.Write(
            EventKind.ControlRegisterWritten, (ulong)register, old, value, allowed ? Outcomes.Done : Outcomes.GeneralProtection, context.Rip);

    /// <summary>The rules are the processor's own; this machine's part is where the present values come from.</summary>
    private static bool Cr0IsValid(in ExitContext context, ulong value)
    {
        const ulong ReloadsDirectoryPointers = Cr0.Pg | Cr0.Cd | Cr0.Nw;
        CpuState now = Now(context);
        bool reloads = ControlRegisterRules.IsPaePaging(value, now.Cr4, now.Efer) && ((value ^ now.Cr0) & ReloadsDirectoryPointers) != 0;
        return ControlRegisterRules.IsLegalCr0(now, value) && (!reloads || DirectoryPointersAreValid(context));
    }

    /// <summary>
    /// OSFXSR and OSXMMEXCPT may be set even where the model hides SSE: guests that bring up 64-bit mode set them without asking CPUID,
    /// as every processor
    /// with that mode has them.
    /// </summary>
    private static bool Cr4IsValid(in ExitContext context, ulong value)
    {
        CpuState now = Now(context);
        ulong checkedBits = value & ~(Cr4.Osfxsr | Cr4.Osxmmexcpt);
        return ControlRegisterRules.IsLegalCr4(now, context.Model, checkedBits)
            && (!ControlRegisterRules.ReloadsPdptes(now, value) || DirectoryPointersAreValid(context));
    }

    private static unsafe CpuState Now(in ExitContext context)
    {
        CpuState now = default;
        now.Cr0 = context.Vcpu.Cr0;
        now.Cr3 = context.Answers.Register(GuestRegister.Cr3);
        now.Cr4 = context.Vcpu.Cr4;
        now.Efer = context.Vcpu.Msr[MsrTable.EferSlot];
        now.SegmentAttributes[(int)SegmentIndex.Cs] = (uint)context.Answers.Register(GuestRegister.CsAttributes);
        now.SegmentAttributes[(int)SegmentIndex.Tr] = (uint)context.Answers.Register(GuestRegister.TrAttributes);
        return now;
    }

    /// <summary>SDM 4.4.1: a present entry must have its reserved bits clear.</summary>
    private static bool DirectoryPointersAreValid(in ExitContext context)
    {
        ulong reserved = 0x1E6 | ~((1ul << context.Model.PhysicalAddressBits) - 1);
        Span<byte> table = stackalloc byte[32];
        if (!context.Answers.TryReadMemory(context.Answers.Register(GuestRegister.Cr3) & 0xFFFF_FFE0, table))
            return true;
        for (int i = 0; i < 4; i++)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(table[(8 * i)..]);
            if ((entry & 1) != 0 && (entry & reserved) != 0)
                return false;
        }
        return true;
    }
}
