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
                context.Exited(register == RecordedRegister.Cr8 ? context.Answers.Register(GuestRegister.Cr8) : context.Answers.Register(GuestRegister.Cr3));
                break;
            case Clts:
                Write(context, RecordedRegister.Cr0, context.Vcpu.Cr0, context.Vcpu.Cr0 & ~Cr0.Ts, allowed: true);
                break;
            case Lmsw:
                // LMSW cannot clear PE.
                ulong status = (ushort)(qualification >> 16) & 0xFul;
                ulong cr0 = (context.Vcpu.Cr0 & ~(Cr0.Mp | Cr0.Em | Cr0.Ts)) | status;
                Write(context, RecordedRegister.Cr0, context.Vcpu.Cr0, cr0, allowed: true);
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
                ulong cr0 = (value & (DefinedCr0 | ~(ulong)uint.MaxValue)) | Cr0.Et;
                Write(context, register, context.Vcpu.Cr0, cr0, Cr0IsValid(context, cr0));
                break;
            case RecordedRegister.Cr4:
                Write(context, register, context.Vcpu.Cr4, value, Cr4IsValid(context, value));
                break;
            case RecordedRegister.Cr8:
                Write(context, register, context.Answers.Register(GuestRegister.Cr8), value, value <= 15);
                break;
            default:
                // CR3: the controls do not let it exit, and another monitor's would put it in force as it is.
                context.Exited(value);
                break;
        }
    }

    private const ulong DefinedCr0 =
        Cr0.Pe | Cr0.Mp | Cr0.Em | Cr0.Ts | Cr0.Et | Cr0.Ne | Cr0.Wp | Cr0.Am | Cr0.Nw | Cr0.Cd | Cr0.Pg;

    private static void Write(in ExitContext context, RecordedRegister register, ulong old, ulong value, bool allowed) =>
        context.Events.Write(
            EventKind.ControlRegisterWritten, (ulong)register, old, value, allowed ? Outcomes.Done : Outcomes.GeneralProtection, context.Rip);

    /// <summary>What makes MOV to CR0 a #GP(0): SDM volume 2, "MOV to/from control registers".</summary>
    private static unsafe bool Cr0IsValid(in ExitContext context, ulong value)
    {
        ulong efer = context.Vcpu.Msr[MsrTable.EferSlot], cr4 = context.Vcpu.Cr4;
        bool paging = (value & Cr0.Pg) != 0;
        if (value > uint.MaxValue || (paging && (value & Cr0.Pe) == 0) || ((value & Cr0.Nw) != 0 && (value & Cr0.Cd) == 0))
            return false;
        bool turnsOn = paging && (context.Vcpu.Cr0 & Cr0.Pg) == 0, turnsOff = !paging && (context.Vcpu.Cr0 & Cr0.Pg) != 0;
        bool longCode = (context.Answers.Register(GuestRegister.CsAttributes) & SegmentAttribute.Long) != 0;
        if (turnsOff && ((cr4 & Cr4.Pcide) != 0 || ((efer & Efer.Lma) != 0 && longCode)))
            return false;
        if (turnsOn && (efer & Efer.Lme) != 0)
            return (cr4 & Cr4.Pae) != 0 && !longCode;
        const ulong ReloadsDirectoryPointers = Cr0.Pg | Cr0.Cd | Cr0.Nw;
        bool reloads = ((value ^ context.Vcpu.Cr0) & ReloadsDirectoryPointers) != 0;
        return !paging || !reloads || (efer & Efer.Lma) != 0 || (cr4 & Cr4.Pae) == 0 || DirectoryPointersAreValid(context);
    }

    private static unsafe bool Cr4IsValid(in ExitContext context, ulong value)
    {
        ulong old = context.Vcpu.Cr4;
        bool longMode = (context.Vcpu.Msr[MsrTable.EferSlot] & Efer.Lma) != 0;
        if ((value & ~AllowedCr4(context.Model)) != 0 || (longMode && (value & Cr4.Pae) == 0))
            return false;
        if ((value & ~old & Cr4.Pcide) != 0 && (!longMode || (context.Answers.Register(GuestRegister.Cr3) & 0xFFF) != 0))
            return false;
        const ulong ReloadsDirectoryPointers = Cr4.Pae | Cr4.Pge | Cr4.Pse | Cr4.Smep;
        bool reloads = ((value ^ old) & ReloadsDirectoryPointers) != 0 && (context.Vcpu.Cr0 & Cr0.Pg) != 0 && !longMode;
        return !reloads || (value & Cr4.Pae) == 0 || DirectoryPointersAreValid(context);
    }

    /// <summary>SDM 4.4.1: a present entry must have its reserved bits clear.</summary>
    private static bool DirectoryPointersAreValid(in ExitContext context)
    {
        const ulong Reserved = 0x1E6 | ~((1ul << CpuLimits.PhysicalAddressBits) - 1);
        Span<byte> table = stackalloc byte[32];
        if (!context.Answers.TryReadMemory(context.Answers.Register(GuestRegister.Cr3) & 0xFFFF_FFE0, table))
            return true;
        for (int i = 0; i < 4; i++)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(table[(8 * i)..]);
            if ((entry & 1) != 0 && (entry & Reserved) != 0)
                return false;
        }
        return true;
    }

    /// <summary>
    /// The bits of CR4 that exist on <paramref name="model"/>. OSFXSR and OSXMMEXCPT are always there, as on every processor with the 64-bit mode that guests set
    /// them up for, even where the model hides SSE.
    /// </summary>
    private static ulong AllowedCr4(CpuModel model) =>
        (model.Has(CpuFeature.Vme) ? Cr4.Vme | Cr4.Pvi : 0) | (model.Has(CpuFeature.Tsc) ? Cr4.Tsd : 0) | (model.Has(CpuFeature.De) ? Cr4.De : 0)
        | (model.Has(CpuFeature.Pse) ? Cr4.Pse : 0) | (model.Has(CpuFeature.Pae) ? Cr4.Pae : 0) | (model.Has(CpuFeature.Mca) ? Cr4.Mce : 0)
        | (model.Has(CpuFeature.Pge) ? Cr4.Pge : 0) | Cr4.Pce | Cr4.Osfxsr | Cr4.Osxmmexcpt
        | (model.Has(CpuFeature.Umip) ? Cr4.Umip : 0)
        | (model.Has(CpuFeature.Fsgsbase) ? Cr4.Fsgsbase : 0) | (model.Has(CpuFeature.Pcid) ? Cr4.Pcide : 0)
        | (model.Has(CpuFeature.Xsave) ? Cr4.Osxsave : 0) | (model.Has(CpuFeature.Smep) ? Cr4.Smep : 0) | (model.Has(CpuFeature.Smap) ? Cr4.Smap : 0);
}
