namespace ReplayVmm.Events;

/// <summary>A VM exit that has no kind of its own.</summary>
/// <param name="Reason">Basic exit reason (SDM volume 3, appendix C).</param>
/// <param name="Qualification">Exit qualification (SDM volume 3, section 28.2.1).</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
/// <param name="Length">Length of the instruction, bytes; 0 where there is none.</param>
/// <param name="Answer">What the hypervisor answered.</param>
public readonly record struct VmExited(uint Reason, ulong Qualification, ulong Rip, byte Length, ulong Answer)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.VmExited"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static VmExited From(in Event e)
    {
        ViewOf.Expect(e, EventKind.VmExited);
        return new VmExited((uint)e.A, e.B, e.C, (byte)e.D, e.E);
    }
}

/// <summary>The hypervisor injected an exception.</summary>
/// <param name="Vector">Vector, 0 to 31.</param>
/// <param name="Error">Error code; 0 where the vector has none.</param>
/// <param name="Address">For a page fault the linear address (CR2), otherwise 0.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct ExceptionInjected(byte Vector, uint Error, ulong Address, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.ExceptionInjected"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static ExceptionInjected From(in Event e)
    {
        ViewOf.Expect(e, EventKind.ExceptionInjected);
        return new ExceptionInjected((byte)e.A, (uint)e.B, e.C, e.D);
    }
}

/// <summary>An external interrupt or NMI was delivered to a vCPU.</summary>
/// <param name="Vector">Vector.</param>
/// <param name="Type">Interruption type (SDM volume 3, table 25-17).</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct InterruptInjected(byte Vector, byte Type, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.InterruptInjected"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static InterruptInjected From(in Event e)
    {
        ViewOf.Expect(e, EventKind.InterruptInjected);
        return new InterruptInjected((byte)e.A, (byte)e.B, e.C);
    }
}

/// <summary>A vCPU came into being.</summary>
/// <param name="ApicId">Its APIC id.</param>
public readonly record struct VcpuCreated(uint ApicId)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.VcpuCreated"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static VcpuCreated From(in Event e)
    {
        ViewOf.Expect(e, EventKind.VcpuCreated);
        return new VcpuCreated((uint)e.A);
    }
}

/// <summary>A vCPU was put into its reset state.</summary>
/// <param name="Cause">Why.</param>
public readonly record struct VcpuReset(uint Cause)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.VcpuReset"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static VcpuReset From(in Event e)
    {
        ViewOf.Expect(e, EventKind.VcpuReset);
        return new VcpuReset((uint)e.A);
    }
}

/// <summary>The guest triple-faulted.</summary>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct TripleFault(ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.TripleFault"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static TripleFault From(in Event e)
    {
        ViewOf.Expect(e, EventKind.TripleFault);
        return new TripleFault(e.A);
    }
}

/// <summary>The virtual machine monitor could not go on; the guest is stopped.</summary>
/// <param name="Suberror">What it could not do.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
/// <param name="Detail">What the suberror says.</param>
public readonly record struct InternalError(uint Suberror, ulong Rip, ulong Detail)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.InternalError"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static InternalError From(in Event e)
    {
        ViewOf.Expect(e, EventKind.InternalError);
        return new InternalError((uint)e.A, e.B, e.C);
    }
}
