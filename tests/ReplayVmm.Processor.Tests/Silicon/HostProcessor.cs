using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace ReplayVmm.Processor.Tests.Silicon;

/// <summary>The processor that runs the tests.</summary>
internal static class HostProcessor
{
    /// <summary>It can judge: x86-64 under Linux.</summary>
    public static bool CanJudge { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 && OperatingSystem.IsLinux() && X86Base.IsSupported;

    /// <summary>The vendor's twelve characters (CPUID leaf 0).</summary>
    public static string Vendor { get; } = CanJudge ? ReadVendor() : "";

    /// <summary>AMD, or Hygon, which makes AMD's design.</summary>
    public static bool IsAmd => Vendor is "AuthenticAMD" or "HygonGenuine";

    /// <summary>
    /// The system punishes programs for a LOCK across two cache lines (Intel's split-lock detection, either vendor's bus-lock trap): locked operands are kept aligned.
    /// </summary>
    public static bool PunishesSplitLocks { get; } =
        CanJudge && File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) is { } flags
        && (flags.Contains("split_lock_detect", StringComparison.Ordinal) || flags.Contains("bus_lock_detect", StringComparison.Ordinal));

    private static string ReadVendor()
    {
        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        Span<int> words = [ebx, edx, ecx];
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words));
    }
}
