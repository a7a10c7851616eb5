namespace ReplayVmm.Processor;

/// <summary>
/// Values that the debug registers may take (SDM volume 3, 17.2), for the processor and for a hypervisor that decides an exit.
/// </summary>
public static unsafe class DebugRegisterRules
{
    /// <summary>DR6.BD: the next instruction accesses a debug register while DR7.GD is set.</summary>
    public const ulong Bd = 1 << 13;
    /// <summary>DR6.BS: single step.</summary>
    public const ulong Bs = 1 << 14;
    /// <summary>DR6.BT: a task switch to a TSS with its T flag set.</summary>
    public const ulong Bt = 1 << 15;
    /// <summary>DR7.GD: an access of a debug register is a debug exception.</summary>
    public const ulong Gd = 1 << 13;

    /// <summary>DR6 as it stands after <paramref name="value"/> is written: bits 16 to 31 and 4 to 11 are 1, bit 12 is 0.</summary>
    public static ulong EffectiveDr6(ulong value) => (value & 0xE00F) | 0xFFFF0FF0;

    /// <summary>DR7 as it stands after <paramref name="value"/> is written: bit 10 is 1; bits 11, 12, 14 and 15 are 0.</summary>
    public static ulong EffectiveDr7(ulong value) => (value & 0xFFFF23FF) | 0x400;

    /// <summary>
    /// The register that number <paramref name="number"/> names: DR4 and DR5 are DR6 and DR7 while CR4.DE is clear, and none (-1, #UD)
    /// otherwise.
    /// </summary>
    public static int Register(in CpuState s, int number) => number switch
    {
        4 or 5 => (s.Cr4 & Cr4.De) != 0 ? -1 : number + 2,
        _ => number,
    };

    /// <summary>
    /// Whether debug register <paramref name="number"/> (after <see cref="Register"/>) may be written so; otherwise #GP(0).
    /// </summary>
    public static bool IsLegal(int number, ulong value) => number < 6 || value >> 32 == 0;

    /// <summary>
    /// What a MOV to or from a debug register ends in, checks in the manual's order. VMX exits before all of them (volume 3, 26.1.3), so a
    /// hypervisor that
    /// handles the exit starts here.
    /// </summary>
    /// <param name="s">The state.</param>
    /// <param name="number">The register as encoded, 0 to 7.</param>
    /// <param name="write">True for MOV to a debug register.</param>
    /// <param name="value">What is written, cut to 32 bits outside 64-bit mode.</param>
    /// <returns>The vector of the exception (#UD, #GP with error code 0, #DB with DR6.BD to be set), or null for none.</returns>
    public static byte? Check(in CpuState s, int number, bool write, ulong value)
    {
        int register = Register(s, number);
        if (register < 0)
            return Vector.Ud;
        if (s.Cpl != 0)
            return Vector.Gp;
        if ((s.Dr7 & Gd) != 0)
            return Vector.Db;
        return write && !IsLegal(register, value) ? Vector.Gp : null;
    }

    /// <summary>Reads debug register <paramref name="number"/>, 0 to 3, 6 or 7.</summary>
    public static ulong Read(in CpuState s, int number) => number switch
    {
        6 => s.Dr6,
        7 => s.Dr7,
        _ => s.Dr[number & 3],
    };

    /// <summary>Puts <paramref name="value"/> in force in debug register <paramref name="number"/>, 0 to 3, 6 or 7.</summary>
    public static void Put(ref CpuState s, int number, ulong value)
    {
        switch (number)
        {
            case 6: s.Dr6 = EffectiveDr6(value); break;
            case 7: s.Dr7 = EffectiveDr7(value); break;
            default: s.Dr[number & 3] = value; break;
        }
    }
}
