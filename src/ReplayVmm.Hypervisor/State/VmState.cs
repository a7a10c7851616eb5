using System.Runtime.InteropServices;
using System.Text.Json;
using ReplayVmm.Events;
using ReplayVmm.Processor;

namespace ReplayVmm.Hypervisor;

/// <summary>
/// All that the monitor knows of a virtual machine: it is the fold of the machine's log. <see cref="Apply"/> is the only code that
/// changes it,
/// while the guest runs and when the log is read again.
/// </summary>
public sealed class VmState
{
    /// <summary>Most vCPUs a machine can have.</summary>
    public const int MaximumVcpus = 8;
    /// <summary>Most memslots a machine can have.</summary>
    public const int MaximumMemslots = 32;

    private const ulong PowerOn = 0;

    private readonly VcpuState[] vcpus = new VcpuState[MaximumVcpus];
    private readonly Memslot[] memslots = new Memslot[MaximumMemslots];

    /// <summary>
    /// The patch profile of the session, from its manifest; empty before <c>SessionStarted</c> or where the manifest names none.
    /// </summary>
    public string Profile { get; private set; } = "";

    /// <summary>One vCPU's state.</summary>
    public ref readonly VcpuState Vcpu(int index) => ref vcpus[index];

    /// <summary>The memslots; one of size 0 does not exist.</summary>
    public ReadOnlySpan<Memslot> Memslots => memslots;

    /// <summary>The state of all vCPUs as bytes: equal states have equal bytes.</summary>
    public ReadOnlySpan<byte> VcpuBytes => MemoryMarshal.AsBytes(vcpus.AsSpan());

    /// <summary>The memslots as bytes.</summary>
    public ReadOnlySpan<byte> MemslotBytes => MemoryMarshal.AsBytes(memslots.AsSpan());

    /// <summary>True where <paramref name="guestPhysical"/> lies in a memslot.</summary>
    public bool TryFindMemslot(ulong guestPhysical, out Memslot slot)
    {
        foreach (ref readonly Memslot candidate in memslots.AsSpan())
        {
            if (candidate.Contains(guestPhysical))
            {
                slot = candidate;
                return true;
            }
        }
        slot = default;
        return false;
    }

    /// <summary>
    /// Takes an event into the state. Total: an event that means nothing to it, or names a vCPU, slot or register that cannot exist,
    /// changes nothing.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="payload">Its payload, empty where it has none.</param>
    public void Apply(in Event e, ReadOnlySpan<byte> payload)
    {
        switch (e.Kind)
        {
            case EventKind.SessionStarted:
                Profile = ReadProfile(payload);
                return;
            case EventKind.MemslotSet:
                if (e.A < MaximumMemslots)
                    memslots[e.A] = new Memslot { Address = e.B, Size = e.C, Flags = e.D };
                return;
            case EventKind.MemslotFlagsUpdated:
                if (e.A < MaximumMemslots && memslots[e.A].Size != 0)
                    memslots[e.A].Flags = e.C;
                return;
            case EventKind.MemslotDeleted:
                if (e.A < MaximumMemslots)
                    memslots[e.A] = default;
                return;
        }
        if (e.Vcpu < MaximumVcpus)
            ApplyToVcpu(ref vcpus[e.Vcpu], e);
    }

    /// <summary>The first difference from <paramref name="other"/> in words, or null where there is none.</summary>
    public string? DescribeDifference(VmState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Profile != other.Profile)
            return $"profile: '{Profile}' and '{other.Profile}'";
        for (int i = 0; i < MaximumMemslots; i++)
        {
            Memslot a = memslots[i], b = other.memslots[i];
            if (a.Address != b.Address || a.Size != b.Size || a.Flags != b.Flags)
                return $"memslot {i}: {a.Address:x}+{a.Size:x} flags {a.Flags:x} and {b.Address:x}+{b.Size:x} flags {b.Flags:x}";
        }
        for (int i = 0; i < MaximumVcpus; i++)
        {
            ReadOnlySpan<ulong> a = Words(vcpus.AsSpan(i, 1)), b = Words(other.vcpus.AsSpan(i, 1));
            int at = a.CommonPrefixLength(b);
            if (at < a.Length)
                return $"vcpu {i} {VcpuFields.NameOf(at)}: {a[at]:x} and {b[at]:x}";
        }
        return null;
    }

    // SAFETY: the vCPU's state is a public struct of 64-bit words without padding; the fixed buffer is indexed by rows of the table.
    private static unsafe void ApplyToVcpu(ref VcpuState v, in Event e)
    {
        bool done = e.D == Outcomes.Done;
        switch (e.Kind)
        {
            case EventKind.VcpuCreated:
                v.Created = 1;
                v.ApicId = e.A;
                break;
            case EventKind.VcpuReset:
                if (e.A == PowerOn)
                    Reset(ref v);
                else
                    Initialize(ref v);
                break;
            case EventKind.ControlRegisterWritten when done:
                WriteControlRegister(ref v, (RecordedRegister)e.A, e.C);
                break;
            case EventKind.DebugRegisterWritten when done && e.A < 8:
                v.Dr[e.A] = e.C;
                break;
            case EventKind.XcrWritten when done && e.A == 0:
                v.Xcr0 = e.C;
                break;
            case EventKind.MsrWritten when done:
                if (e.A == MonitorMsr.TimeStampCounter)
                    v.Msr[MsrTable.TscAdjustSlot] += e.C - e.B;
                else if (MsrTable.TryFind((uint)e.A, out MsrRow row) && row.Slot >= 0)
                    v.Msr[row.Slot] = e.C;
                break;
            case EventKind.VmExited when e.A == (ulong)ExitReason.Hlt:
                v.Halted = VcpuState.WaitsInHlt;
                break;
            case EventKind.VmExited when e.A == (ulong)ExitReason.StartupIpi:
                v.Halted = VcpuState.Runs;
                break;
            case EventKind.InterruptInjected:
                v.Halted = VcpuState.Runs;
                v.LastInjection = Injection.Interrupt((byte)e.A, (byte)e.B);
                v.Injections++;
                break;
            case EventKind.ExceptionInjected:
                v.LastInjection = Injection.Exception((byte)e.A);
                v.Exceptions++;
                break;
            case EventKind.TripleFault:
                v.ShutDown = 1;
                break;
        }
    }

    private static unsafe void WriteControlRegister(ref VcpuState v, RecordedRegister register, ulong value)
    {
        switch (register)
        {
            case RecordedRegister.Cr0:
                v.Cr0 = value;
                ref ulong efer = ref v.Msr[MsrTable.EferSlot];
                bool active = (value & Cr0.Pg) != 0 && (efer & Efer.Lme) != 0;
                efer = active ? efer | Efer.Lma : efer & ~Efer.Lma;
                break;
            case RecordedRegister.Cr4:
                v.Cr4 = value;
                break;
            case RecordedRegister.Cr8:
                v.Cr8 = value;
                break;
        }
    }

    /// <summary>Power-on values (SDM volume 3, table 10-1).</summary>
    private static unsafe void Reset(ref VcpuState v)
    {
        v = new VcpuState { Created = v.Created, ApicId = v.ApicId, Cr0 = Cr0.Cd | Cr0.Nw | Cr0.Et, Xcr0 = 1 };
        v.Dr[6] = 0xFFFF0FF0;
        v.Dr[7] = 0x400;
        foreach (MsrRow row in MsrTable.Rows)
        {
            if (row.Slot >= 0)
                v.Msr[row.Slot] = row.Reset;
        }
        if (v.ApicId != 0)
            v.Msr[MsrTable.ApicBaseSlot] &= ~ApicBase.BootstrapProcessor;
    }

    /// <summary>Values after INIT (SDM volume 3, table 10-1): MSRs keep theirs but for EFER and DEBUGCTL. It waits for a start-up then.</summary>
    private static unsafe void Initialize(ref VcpuState v)
    {
        v.Cr0 = (v.Cr0 & (Cr0.Cd | Cr0.Nw)) | Cr0.Et;
        (v.Cr4, v.Cr8, v.ShutDown) = (0, 0, 0);
        for (int i = 0; i < 8; i++)
            v.Dr[i] = i switch { 6 => 0xFFFF0FF0, 7 => 0x400, _ => 0 };
        v.Msr[MsrTable.EferSlot] = 0;
        v.Msr[MsrTable.DebugControlSlot] = 0;
        v.Halted = VcpuState.WaitsForStartUp;
    }

    private static ReadOnlySpan<ulong> Words(ReadOnlySpan<VcpuState> vcpu) => MemoryMarshal.Cast<VcpuState, ulong>(vcpu);

    private static string ReadProfile(ReadOnlySpan<byte> manifest)
    {
        try
        {
            var reader = new Utf8JsonReader(manifest);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("Patches"u8))
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
            }
        }
        catch (JsonException)
        {
            // A log that somebody damaged: the state of a session without a profile.
        }
        catch (InvalidOperationException)
        {
            // Likewise, a string that is not Unicode.
        }
        return "";
    }
}
