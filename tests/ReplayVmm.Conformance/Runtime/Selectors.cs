namespace ReplayVmm.Conformance;

/// <summary>
/// Selectors of the descriptors that each case finds in the GDT; all segments are flat. From <see cref="Free"/> on the table is empty.
/// </summary>
internal static class Selectors
{
    /// <summary>Ring 0 code, 32-bit in 32-bit guests and 64-bit in 64-bit guests.</summary>
    public const ushort Code0 = 0x08;
    /// <summary>Ring 0 data.</summary>
    public const ushort Data0 = 0x10;
    /// <summary>Ring 3 32-bit (compatibility-mode) code; RPL 3.</summary>
    public const ushort CompatibilityCode3 = 0x1B;
    /// <summary>Ring 3 data; RPL 3.</summary>
    public const ushort Data3 = 0x23;
    /// <summary>
    /// Ring 3 code, 32-bit in 32-bit guests and 64-bit in 64-bit guests; RPL 3. In the order that SYSRET and SYSEXIT want.
    /// </summary>
    public const ushort Code3 = 0x2B;
    /// <summary>Ring 1 code; RPL 1.</summary>
    public const ushort Code1 = 0x31;
    /// <summary>Ring 1 data; RPL 1.</summary>
    public const ushort Data1 = 0x39;
    /// <summary>Ring 2 code; RPL 2.</summary>
    public const ushort Code2 = 0x42;
    /// <summary>Ring 2 data; RPL 2.</summary>
    public const ushort Data2 = 0x4A;
    /// <summary>Ring 0 conforming code.</summary>
    public const ushort Conforming0 = 0x50;
    /// <summary>Ring 0 16-bit code, base 0, limit FFFFh.</summary>
    public const ushort Code16 = 0x58;
    /// <summary>Ring 0 16-bit data, base 0, limit FFFFh.</summary>
    public const ushort Data16 = 0x60;
    /// <summary>Ring 0 32-bit code in 64-bit guests too (compatibility mode).</summary>
    public const ushort CompatibilityCode0 = 0x68;
    /// <summary>The loaded task state segment; 16 bytes in 64-bit guests.</summary>
    public const ushort Tss = 0x70;
    /// <summary>First selector that a case may use as it likes; up to 0xFF8.</summary>
    public const ushort Free = 0x80;
}
