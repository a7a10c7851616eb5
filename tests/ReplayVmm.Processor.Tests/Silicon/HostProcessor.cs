using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Iced.Intel;

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

    /// <summary>Vector registers have 256 bits.</summary>
    public static bool HasAvx => Avx.IsSupported;

    /// <summary>The processor has <paramref name="feature"/>, where it is one of vectors.</summary>
    public static bool Has(CpuidFeature feature) => feature switch
    {
        CpuidFeature.SSE3 => Sse3.IsSupported,
        CpuidFeature.SSSE3 => Ssse3.IsSupported,
        CpuidFeature.SSE4_1 => Sse41.IsSupported,
        CpuidFeature.SSE4_2 => Sse42.IsSupported,
        CpuidFeature.AES => Aes.IsSupported,
        CpuidFeature.PCLMULQDQ => Pclmulqdq.IsSupported,
        CpuidFeature.SHA => (X86Base.CpuId(7, 0).Ebx & (1 << 29)) != 0,
        CpuidFeature.AVX => Avx.IsSupported,
        CpuidFeature.AVX2 => Avx2.IsSupported,
        CpuidFeature.FMA => Fma.IsSupported,
        CpuidFeature.F16C => (X86Base.CpuId(1, 0).Ecx & (1 << 29)) != 0,
        _ => true,
    };

    private static string ReadVendor()
    {
        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        Span<int> words = [ebx, edx, ecx];
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words));
    }
}
