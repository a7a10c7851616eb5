using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>CPUID, model-specific, debug and extended control registers.</summary>
public static partial class ExitHandlers
{
    private static void Cpuid(in ExitContext context)
    {
        uint leaf = (uint)context.Answers.Register(GuestRegister.Rax), subleaf = (uint)context.Answers.Register(GuestRegister.Rcx);
        (uint eax, uint ebx, uint ecx, uint edx) = CpuidPolicy.Answer(context.Model, in context.Vcpu, leaf, subleaf);
        context.Events.Write(EventKind.CpuidRead, leaf, subleaf, ((ulong)ebx << 32) | eax, ((ulong)edx << 32) | ecx, context.Rip);
    }

    private static unsafe void Rdmsr(in ExitContext context)
    {
        uint index = (uint)context.Answers.Register(GuestRegister.Rcx);
        bool done;
        ulong value;
        if (MonitorMsr.IsLocalApic(index))
        {
            done = LocalApicIsReachable(context, index) & context.Answers.TryReadLocalApic(index, out value);
        }
        else
        {
            value = 0;
            done = MsrTable.TryFind(index, out MsrRow row) && Exists(context, row)
                && row.Read(new MsrAccess(in context.Vcpu, context.Model, context.Answers, row), out value);
        }
        context.Events.Write(EventKind.MsrRead, index, done ? value : 0, done ? Outcomes.Done : Outcomes.GeneralProtection, context.Rip);
    }

    private static unsafe void Wrmsr(in ExitContext context)
    {
        uint index = (uint)context.Answers.Register(GuestRegister.Rcx);
        ulong value = context.Exit.Data, old = 0, stored = value;
        bool done;
        if (MonitorMsr.IsLocalApic(index))
        {
            done = LocalApicIsReachable(context, index) && context.Answers.LocalApicAccepts(index, value);
        }
        else
        {
            done = MsrTable.TryFind(index, out MsrRow row) && Exists(context, row);
            if (done)
            {
                var access = new MsrAccess(in context.Vcpu, context.Model, context.Answers, row);
                row.Read(access, out old);
                done = row.Write(access, value, out stored);
            }
        }
        context.Events.Write(
            EventKind.MsrWritten, index, old, done ? stored : value, done ? Outcomes.Done : Outcomes.GeneralProtection, context.Rip);
    }

    private static bool Exists(in ExitContext context, MsrRow row) => row.Needs is not CpuFeature feature || context.Model.Has(feature);

    /// <summary>x2APIC registers exist in x2APIC mode only, IA32_TSC_DEADLINE with its feature.</summary>
    private static unsafe bool LocalApicIsReachable(in ExitContext context, uint index)
    {
        if (index == MonitorMsr.TscDeadline)
            return context.Model.Has(CpuFeature.TscDeadline);
        const ulong Mode = ApicBase.Enabled | ApicBase.X2Apic;
        return (context.Vcpu.Msr[MsrTable.ApicBaseSlot] & Mode) == Mode;
    }

    /// <summary>
    /// SDM table 28-4: bits 2:0 register, bit 4 direction (1: from the register), bits 11:8 general register. The exit comes before every
    /// check, so they are made
    /// here. The operand <c>error</c> of a #DB is what it adds to DR6.
    /// </summary>
    private static void MovDr(in ExitContext context)
    {
        bool write = (context.Exit.Qualification & 0x10) == 0;
        int number = (int)(context.Exit.Qualification & 7);
        ulong value = context.Exit.Data;
        CpuState now = default;
        now.Cr4 = context.Vcpu.Cr4;
        now.Dr7 = context.Answers.Register(GuestRegister.Dr7);
        // SS holds the privilege level in its attributes.
        SetLevel(ref now, context.Answers.Register(GuestRegister.Cpl));
        byte? fault = DebugRegisterRules.Check(now, number, write, value);
        int register = DebugRegisterRules.Register(now, number);
        register = register < 0 ? number + 2 : register;
        ulong old = context.Answers.Register(register < 4 ? GuestRegister.Dr0 + register : GuestRegister.Dr6 + (register - 6));
        if (write)
        {
            ulong stored = fault is not null ? value : register switch
            {
                6 => DebugRegisterRules.EffectiveDr6(value),
                7 => DebugRegisterRules.EffectiveDr7(value),
                _ => value,
            };
            context.Events.Write(EventKind.DebugRegisterWritten, (ulong)register, old, stored, fault ?? Outcomes.Done, context.Rip);
            return;
        }
        context.Exited(fault is null ? old : 0);
        if (fault is byte vector)
            context.Inject(vector, vector == Vector.Db ? DebugRegisterRules.Bd : 0);
    }

    private static unsafe void SetLevel(ref CpuState state, ulong level) =>
        state.SegmentAttributes[(int)SegmentIndex.Ss] = (uint)level << SegmentAttribute.DplShift;

    /// <summary>SDM volume 1, 13.3: XCR0 has x87 always, AVX only with SSE.</summary>
    private static void Xsetbv(in ExitContext context)
    {
        const ulong X87 = 1, Sse = 2, Avx = 4;
        uint index = (uint)context.Answers.Register(GuestRegister.Rcx);
        ulong value = context.Exit.Data;
        ulong allowed = X87 | Sse | (context.Model.Has(CpuFeature.Avx) ? Avx : 0);
        bool done = index == 0 && (value & X87) != 0 && (value & ~allowed) == 0 && (value & (Sse | Avx)) != Avx;
        context.Events.Write(
            EventKind.XcrWritten, index, context.Vcpu.Xcr0, value, done ? Outcomes.Done : Outcomes.GeneralProtection, context.Rip);
    }
}
