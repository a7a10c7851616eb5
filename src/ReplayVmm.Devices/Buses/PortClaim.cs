namespace ReplayVmm.Devices;

/// <summary>A range of ports that belongs to a device.</summary>
/// <param name="Device">Who answers.</param>
/// <param name="First">First port.</param>
/// <param name="Count">Number of ports, 1 to 65,536; the range ends at or below port FFFFh.</param>
/// <param name="Widths">Access sizes it decodes; another device may decode another size at the same port, as CF9h lies inside CF8h.</param>
public readonly record struct PortClaim(IPortDevice Device, ushort First, int Count, PortWidths Widths = PortWidths.Byte);
