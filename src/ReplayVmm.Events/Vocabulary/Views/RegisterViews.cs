namespace ReplayVmm.Events;

/// <summary>A write of CR0, CR4 or CR8, carried out or refused.</summary>
/// <param name="Register">Number of the control register.</param>
/// <param name="Old">Value before.</param>
/// <param name="New">Value that was written.</param>
/// <param name="Outcome">0 where it was carried out, otherwise why not.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct ControlRegisterWritten(byte Register, ulong Old, ulong New, uint Outcome, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.ControlRegisterWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static ControlRegisterWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.ControlRegisterWritten);
        return new ControlRegisterWritten((byte)e.A, e.B, e.C, (uint)e.D, e.E);
    }
}

/// <summary>A write of a debug register under MOV-DR exiting.</summary>
/// <param name="Register">Number of the debug register.</param>
/// <param name="Old">Value before.</param>
/// <param name="New">Value that was written.</param>
/// <param name="Outcome">0 where it was carried out, otherwise why not.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct DebugRegisterWritten(byte Register, ulong Old, ulong New, uint Outcome, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.DebugRegisterWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static DebugRegisterWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.DebugRegisterWritten);
        return new DebugRegisterWritten((byte)e.A, e.B, e.C, (uint)e.D, e.E);
    }
}

/// <summary>RDMSR exited.</summary>
/// <param name="Index">Index of the register (ECX).</param>
/// <param name="Value">What EDX:EAX got.</param>
/// <param name="Outcome">0 where it was carried out, otherwise why not.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct MsrRead(uint Index, ulong Value, uint Outcome, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MsrRead"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MsrRead From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MsrRead);
        return new MsrRead((uint)e.A, e.B, (uint)e.C, e.D);
    }
}

/// <summary>A write of a model-specific register, carried out or refused.</summary>
/// <param name="Index">Index of the register (ECX).</param>
/// <param name="Old">Value before.</param>
/// <param name="New">Value that was written (EDX:EAX).</param>
/// <param name="Outcome">0 where it was carried out, otherwise why not.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct MsrWritten(uint Index, ulong Old, ulong New, uint Outcome, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.MsrWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static MsrWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.MsrWritten);
        return new MsrWritten((uint)e.A, e.B, e.C, (uint)e.D, e.E);
    }
}

/// <summary>CPUID exited.</summary>
/// <param name="Leaf">Leaf asked for (EAX).</param>
/// <param name="Subleaf">Subleaf asked for (ECX).</param>
/// <param name="Eax">What EAX got.</param>
/// <param name="Ebx">What EBX got.</param>
/// <param name="Ecx">What ECX got.</param>
/// <param name="Edx">What EDX got.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct CpuidRead(uint Leaf, uint Subleaf, uint Eax, uint Ebx, uint Ecx, uint Edx, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.CpuidRead"/>; EAX and ECX are the low halves.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static CpuidRead From(in Event e)
    {
        ViewOf.Expect(e, EventKind.CpuidRead);
        return new CpuidRead((uint)e.A, (uint)e.B, (uint)e.C, (uint)(e.C >> 32), (uint)e.D, (uint)(e.D >> 32), e.E);
    }
}

/// <summary>XSETBV, carried out or refused.</summary>
/// <param name="Index">Index of the register (ECX).</param>
/// <param name="Old">Value before.</param>
/// <param name="New">Value that was written (EDX:EAX).</param>
/// <param name="Outcome">0 where it was carried out, otherwise why not.</param>
/// <param name="Rip">Linear offset of the instruction (RIP).</param>
public readonly record struct XcrWritten(uint Index, ulong Old, ulong New, uint Outcome, ulong Rip)
{
    /// <summary>Reads <paramref name="e"/>, which must be an <see cref="EventKind.XcrWritten"/>.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public static XcrWritten From(in Event e)
    {
        ViewOf.Expect(e, EventKind.XcrWritten);
        return new XcrWritten((uint)e.A, e.B, e.C, (uint)e.D, e.E);
    }
}
